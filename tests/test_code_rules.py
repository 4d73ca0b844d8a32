"""Rules for the source: no module-level state, no patched library, no long file, no long function."""

import ast
import subprocess
from pathlib import Path

import pytest

from core import document
from tests import code_rules
from tests.service import ROOT
from tests.test_layout import CASES, part, tree

MOST_LINES, MOST_LINES_OF_FUNCTION = 300, 40
# A released migration is a list of statements in a fixed order, and does not change any more.
MIGRATIONS = "storage/schema/migrations/versions"
# State of the process rather than of an application: see docs/decisions/041-services.md.
PROCESS_STATE = {
    "services.auth.passwords": {"_threads"},
    "services.images.decoding": {"_WORKERS"},
    "services.images.social": {"_WORKER"},
    "services.usage.charts": {"_WORKER"},
    "services.images.fetch": {"ANONYMOUS_LOOKUPS", "LOOKUPS"},
    "services.parsing": {"_thread"},
    # The connections of one server.
    "serving.connections": {"_watched"},
    # What each request logs with its lines: a context variable has a value for each task.
    "services.observability.logs": {"request_id"},
}
# Documented settings of a library that have no other place than one of its modules.
LIBRARY_SETTINGS: dict[str, set[str]] = {}


def _files() -> list[Path]:
    """All Python files of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


FILES = [pytest.param(path, id=str(path.relative_to(ROOT))) for path in _files()]


@pytest.mark.parametrize("path", FILES)
def test_files_and_functions_are_short(path: Path) -> None:
    source = path.read_text()
    lines = len(source.splitlines())
    assert lines <= MOST_LINES, "Split the module: one idea each."
    if not path.is_relative_to(ROOT / MIGRATIONS):
        assert code_rules.long_functions(ast.parse(source), MOST_LINES_OF_FUNCTION) == {}


@pytest.mark.parametrize("name", CASES)
def test_a_module_patches_no_library(name: str) -> None:
    assert code_rules.patches(tree(name)) == LIBRARY_SETTINGS.get(name, set())


@pytest.mark.parametrize("name", CASES)
def test_only_operations_of_the_document_are_called_configure(name: str) -> None:
    found = code_rules.configures(tree(name))
    operations = {operation["operationId"] for _, _, operation in document.operations(document.load())}
    assert found <= (operations if part(name) == "handlers" else set())


@pytest.mark.parametrize("name", CASES)
def test_a_module_holds_no_state(name: str) -> None:
    assert code_rules.state(tree(name)) == PROCESS_STATE.get(name, set())


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("x = 1\ndef f():\n global x\n x = 2", {"x"}),
        ("_kept = OrderedDict[str, int]()", {"_kept"}),
        ("_turns = asyncio.Semaphore(8)", {"_turns"}),
        ("_kept: dict[str, int] = {}\ndef f(): _kept['a'] = 1", {"_kept"}),
        ("NAMES = []\ndef f(): NAMES.append(1)", {"NAMES"}),
        ("NAMES = ['a']\nTABLE = {'a': 1}\nINDEX = dict(zip(NAMES, NAMES))\ndef f(): return NAMES[0]", set()),
    ],
)
def test_state_is_found(code: str, found: set[str]) -> None:
    assert code_rules.state(ast.parse(code)) == found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import a\na.b = 1", {"a.b"}),
        ("import a.b\ndef f(): a.b.c = 1", {"a.b.c"}),
        ("from a import B\nB.c = None", {"B.c"}),
        ("from a import b as c\nsetattr(c.d, 'e', 1)", {"c.d"}),
        ("import sys\nsys.modules['a'] = None", {"sys.modules['a']"}),
        ("import sys\ndel sys.modules['a']", {"sys.modules['a']"}),
        ("import a\nclass B:\n def f(self): self.a = a.c", set()),
    ],
)
def test_a_patch_is_found(code: str, found: set[str]) -> None:
    assert code_rules.patches(ast.parse(code)) == found


def test_a_long_function_is_found() -> None:
    tree = ast.parse("class A:\n async def f(self):\n  a = 1\n  return a\n def g(self):\n  pass")
    assert code_rules.long_functions(tree, 2) == {"f": 3}
    assert code_rules.long_functions(tree, 3) == {}


def test_a_function_called_configure_is_found() -> None:
    assert code_rules.configures(ast.parse("class A:\n def configure_all(self): pass\ndef figure(): pass")) == {
        "configure_all"
    }
