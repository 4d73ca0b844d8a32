"""Checks of the source of a module: state, patched libraries, and the length of functions."""

import ast
from collections.abc import Iterator

# Classes and functions whose results are mutable or open.
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
# Methods that change a container.
CHANGES = {"add", "append", "clear", "discard", "extend", "pop", "popitem", "remove", "setdefault", "update"}


def state(tree: ast.Module) -> set[str]:
    """Return the names of a module that hold state, and the names in its `global` statements."""
    found = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
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
            # A table is no state, unless a function changes it.
            found |= names & changed
    return found


_CONTAINERS = (ast.Dict, ast.DictComp, ast.List, ast.ListComp, ast.Set, ast.SetComp)
_PLAIN = ("dict", "list", "set")


def _maker(value: ast.expr) -> str:
    """Return the name of the class that an expression calls: `OrderedDict` for `OrderedDict[str, int]()`."""
    made = value.func if isinstance(value, ast.Call) else None
    made = made.value if isinstance(made, ast.Subscript) else made
    return made.attr if isinstance(made, ast.Attribute) else made.id if isinstance(made, ast.Name) else ""


def _changed(tree: ast.Module) -> Iterator[str]:
    """Yield the names of containers that functions change, by an item or by a method of CHANGES."""
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


def patches(tree: ast.Module) -> set[str]:
    """Return the attributes of imported modules and classes that a module sets or deletes, and of `sys.modules`."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    imported = {(alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            target: ast.expr = node
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr")
        ):
            target = node.args[0]
        else:
            continue
        if _root(target) in imported:
            found.add(ast.unparse(target))
    return found


def _root(node: ast.expr) -> str:
    """Return the first name of an expression: `a` for `a.b["c"]`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield all functions and methods, nested ones included."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def long_functions(tree: ast.Module, most: int) -> dict[str, int]:
    """Return {name: lines} of the functions with more than `most` lines, without decorators."""
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions(tree)}
    return {name: lines for name, lines in lengths.items() if lines > most}


def configures(tree: ast.Module) -> set[str]:
    """Return the functions whose names begin with `configure`."""
    return {node.name for node in functions(tree) if node.name.startswith("configure")}
