"""The layout of the code: what each part may import, and that no import is circular. See also `test_code_rules`."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from core import document
from tests.service import ROOT

# Part of the code: what it may import besides itself and `core`. See docs/decisions/ for why.
ARROWS = {
    "core": set[str](),
    "settings": set(),
    "storage": set(),
    "services": {"storage", "settings"},
    "security": {"storage", "services"},
    "middleware": {"services", "security"},
    "handlers": {"storage", "services", "security"},
    # Of `handlers`, what makes the file of an export.
    "commands": {"storage", "services", "settings", "security", "handlers"},
    "serving": {"services", "settings"},
    "cli": {"commands", "settings"},
    "app": {"storage", "services", "settings", "middleware", "handlers", "security", "serving"},
}
# Package: what it may import of its own part besides itself.
INNER_ARROWS: dict[str, set[str]] = {
    "handlers.serializers": set(),
    "handlers.support": {"handlers.serializers"},
    "storage.engines": {"storage.schema"},
    "storage.schema": set(),
}


def modules() -> Iterator[tuple[str, Path]]:
    """The dotted name and the path of every module of ours."""
    for part in ARROWS:
        folder = ROOT / part
        for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [ROOT / f"{part}.py"]:
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


MODULES = dict(modules())
CASES = [pytest.param(name, id=name) for name in MODULES]


@cache
def tree(name: str) -> ast.Module:
    """The source of a module of ours, parsed."""
    return ast.parse(MODULES[name].read_text())


@cache
def imported(name: str) -> frozenset[str]:
    """The modules of ours that a module imports, wherever in it the import stands, `TYPE_CHECKING` included."""
    names: set[str] = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{name} has a relative import"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= (inner & set(MODULES)) or {node.module}
            if inner - set(MODULES):
                names.add(node.module)
    return frozenset(names & set(MODULES) - {name})


def part(name: str) -> str:
    return name.partition(".")[0]


def package(name: str) -> str:
    """The package of a module; a module directly in `services/` or `storage/` counts by itself."""
    return ".".join(name.split(".")[:2])


@pytest.mark.parametrize("name", CASES)
def test_a_module_imports_only_what_its_part_may(name: str) -> None:
    wrong = {part(other) for other in imported(name)} - ARROWS[part(name)] - {"core", part(name)}
    assert not wrong, f"{name} may not import {sorted(wrong)}"


@pytest.mark.parametrize("name", [name for name in MODULES if package(name) in INNER_ARROWS])
def test_a_module_imports_only_what_its_package_may(name: str) -> None:
    own = package(name)
    inside = {package(other) for other in imported(name) if part(other) == part(name)}
    wrong = inside - INNER_ARROWS[own] - {own}
    assert not wrong, f"{name} may not import {sorted(wrong)}"


def test_no_import_between_modules_is_circular() -> None:
    assert _cycle({name: set(imported(name)) for name in MODULES}) == []


def test_no_import_between_packages_is_circular() -> None:
    graph: dict[str, set[str]] = {}
    for name in MODULES:
        graph.setdefault(package(name), set()).update(map(package, imported(name)))
    assert _cycle({name: others - {name} for name, others in graph.items()}) == []


def test_a_circular_import_is_found() -> None:
    assert set(_cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == {"a", "b", "c"}


def _cycle(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_handlers_are_one_module_a_tag() -> None:
    controllers = {op["x-openapi-router-controller"] for _, _, op in document.operations(document.load())}
    assert {f"handlers.{path.stem}" for path in (ROOT / "handlers").glob("[!_]*.py")} == controllers


@pytest.mark.parametrize("name", [name for name in MODULES if part(name) not in ("storage", "app")])
def test_sql_stays_in_storage_and_the_environment_in_settings(name: str) -> None:
    source = MODULES[name].read_text()
    sql = re.findall(r"^from sqlalchemy import (.*)$", source, re.MULTILINE)
    assert sql in ([], ["Connection"]) and "import sqlalchemy" not in source
    assert "os.environ" not in source and "getenv" not in source


def test_every_module_of_ours_has_its_arrows() -> None:
    ours = {path.stem for path in ROOT.glob("*.py")} | {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert ours - {"tests", "bench"} == set(ARROWS)


def test_the_module_of_the_tables_loads_all_of_them() -> None:
    tables = {
        name for name in MODULES if package(name) == "storage.schema" and "= Table(" in MODULES[name].read_text()
    }
    assert tables - imported("storage.schema.tables") == {"storage.schema.tables"}
