"""Modules that are loaded when they are first used, or never: what few processes need must not take memory in all.

    with at_first_use("httpx2"):
        import httpx2

Annotations that name such a module are quoted: Python looks them up when it defines a function. What is to be loaded
late is asked of its module, not imported by name. Its module is imported in one place, for a second import loads it,
and first used in one thread only.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType


@contextmanager
def at_first_use(*names: str) -> Iterator[None]:
    """Inside, importing a module of these names gives one that loads itself when it is first asked for something.

    One that is loaded already is given as it is, and one that does not exist is missing at once.
    """
    finder = _Late(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def set_aside(module: str, *names: str) -> Iterator[None]:
    """Inside, these names are imported from the module as None, unless it is loaded already.

    For what a library imports by name, and we never use.
    """
    if module in sys.modules:
        yield
        return
    stand_in = ModuleType(module)
    vars(stand_in).update(dict.fromkeys(names))
    sys.modules[module] = stand_in
    try:
        yield
    finally:
        del sys.modules[module]


class _Late(MetaPathFinder):
    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name in self._names else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec
