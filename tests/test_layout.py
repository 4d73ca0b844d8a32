"""The rooms and the arrows between them: what each part of the code may import of ours."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service import ROOT

LEAVES = {"causes", "clock", "email_addresses", "errors", "etags", "loading"}
# Room: what it may import besides itself and LEAVES. See docs/decisions/ for why.
ARROWS = {
    "causes": set[str](),
    "clock": set(),
    "email_addresses": set(),
    "errors": set(),
    "etags": set(),
    "loading": set(),
    "settings": set(),
    "document": set(),
    "storage": set(),
    "services": {"storage", "settings", "document"},
    "security": {"storage", "services"},
    "middleware": {"services", "security", "document"},
    "handlers": {"storage", "services", "security", "document"},
    # Of `handlers`, what makes the file of an export.
    "commands": {"storage", "services", "settings", "security", "handlers"},
    "serving": {"services", "settings"},
    "cli": {"commands", "settings"},
    "app": {"storage", "services", "settings", "document", "middleware", "handlers", "security", "serving"},
}


def rooms() -> Iterator[tuple[str, Path]]:
    """Every module of ours with the room it lies in."""
    for room in ARROWS:
        folder = ROOT / room
        for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [ROOT / f"{room}.py"]:
            yield room, path


def imported(path: Path) -> set[str]:
    """The top-level names that a module imports, wherever in it the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


MODULES = [pytest.param(room, path, id=str(path.relative_to(ROOT))) for room, path in rooms()]


@pytest.mark.parametrize(("room", "path"), MODULES)
def test_a_module_imports_only_what_its_room_may(room: str, path: Path) -> None:
    wrong = imported(path) & set(ARROWS) - ARROWS[room] - LEAVES - {room}
    assert not wrong, f"{path.relative_to(ROOT)} may not import {sorted(wrong)}"


@pytest.mark.parametrize(("room", "path"), [case for case in MODULES if case.values[0] not in ("storage", "app")])
def test_sql_stays_in_storage_and_the_environment_in_settings(room: str, path: Path) -> None:
    source = path.read_text()
    sql = re.findall(r"^from sqlalchemy import (.*)$", source, re.MULTILINE)
    assert sql in ([], ["Connection"]) and "import sqlalchemy" not in source
    assert "os.environ" not in source and "getenv" not in source


def test_every_module_of_ours_lies_in_a_room() -> None:
    ours = {path.stem for path in ROOT.glob("*.py")} | {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert ours - {"tests", "bench"} == set(ARROWS)
