"""What each part of the code may import of ours, and that no import is circular."""

import ast
import re
from collections.abc import Iterator
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


# State of the process rather than of an application: see docs/decisions/041-services.md.
PROCESS_STATE = {
    "services.auth.passwords": {"_threads"},
    "services.images.decoding": {"_WORKERS"},
    "services.images.social": {"_WORKER"},
    "services.images.fetch": {"ANONYMOUS_LOOKUPS", "LOOKUPS"},
    "services.parsing": {"_thread"},
    # The connections of one server.
    "serving.connections": {"_watched"},
    # What each request logs with its lines: a context variable has a value for each task.
    "services.observability.logs": {"request_id"},
}
# What makes something that changes, or is open.
MUTABLE = {
    "ContextVar",
    "Event",
    "Lock",
    "LRUCache",
    "OrderedDict",
    "Queue",
    "Semaphore",
    "ThreadPoolExecutor",
    "TLRUCache",
    "TTLCache",
    "WeakKeyDictionary",
    "WeakSet",
    "WeakValueDictionary",
    "defaultdict",
    "deque",
    "Lookups",
}
CHANGES = {"add", "append", "clear", "discard", "extend", "pop", "popitem", "remove", "setdefault", "update"}


def modules() -> Iterator[tuple[str, Path]]:
    """The dotted name and the path of every module of ours."""
    for part in ARROWS:
        folder = ROOT / part
        for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [ROOT / f"{part}.py"]:
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


MODULES = dict(modules())
CASES = [pytest.param(name, id=name) for name in MODULES]


def imported(name: str) -> set[str]:
    """The modules of ours that a module imports, wherever in it the import stands, `TYPE_CHECKING` included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{name} has a relative import"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= (inner & set(MODULES)) or {node.module}
            if inner - set(MODULES):
                names.add(node.module)
    return names & set(MODULES) - {name}


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
    assert _cycle({name: imported(name) for name in MODULES}) == []


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


@pytest.mark.parametrize("name", CASES)
def test_a_module_holds_no_state(name: str) -> None:
    assert _state(ast.parse(MODULES[name].read_text())) == PROCESS_STATE.get(name, set())


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def configure(): pass", {"configure"}),
        ("x = 1\ndef f():\n global x\n x = 2", {"x"}),
        ("_kept = OrderedDict[str, int]()", {"_kept"}),
        ("_turns = asyncio.Semaphore(8)", {"_turns"}),
        ("_kept: dict[str, int] = {}\ndef f(): _kept['a'] = 1", {"_kept"}),
        ("NAMES = []\ndef f(): NAMES.append(1)", {"NAMES"}),
        ("NAMES = ['a']\nTABLE = {'a': 1}\nINDEX = dict(zip(NAMES, NAMES))\ndef f(): return NAMES[0]", set()),
    ],
)
def test_state_is_found(code: str, found: set[str]) -> None:
    assert _state(ast.parse(code)) == found


def _state(tree: ast.Module) -> set[str]:
    """The names of a module that hold state, its functions `configure`, and the names in its `global` statements."""
    found = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    found |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "configure"}
    changed = set(_changed(tree))
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
        values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        if any(_maker(value) in MUTABLE for value in values):
            found |= names
        elif any(isinstance(value, _CONTAINERS) or _maker(value) in _PLAIN for value in values):
            # A table, unless a function changes it.
            found |= names & changed
    return found


_CONTAINERS = (ast.Dict, ast.DictComp, ast.List, ast.ListComp, ast.Set, ast.SetComp)
_PLAIN = ("dict", "list", "set")


def _maker(value: ast.expr) -> str:
    """The name of the class that a call makes an object of: `OrderedDict` for `OrderedDict[str, int]()`."""
    made = value.func if isinstance(value, ast.Call) else None
    made = made.value if isinstance(made, ast.Subscript) else made
    return made.attr if isinstance(made, ast.Attribute) else made.id if isinstance(made, ast.Name) else ""


def _changed(tree: ast.Module) -> Iterator[str]:
    """The names whose items functions set or remove, or of which they call a method that changes them."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        inner = list(ast.walk(function))
        own = {node.id for node in inner if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        own |= {node.arg for node in inner if isinstance(node, ast.arg)}
        for node in inner:
            sets = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del)
            calls = isinstance(node, ast.Attribute) and node.attr in CHANGES
            base = node.value if isinstance(node, ast.Subscript | ast.Attribute) and (sets or calls) else None
            if isinstance(base, ast.Name) and base.id not in own:
                yield base.id
