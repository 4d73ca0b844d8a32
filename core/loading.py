"""Stub modules for parts of libraries that no code uses, to save memory in each process."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def set_aside(module: str, *names: str) -> Iterator[None]:
    """Inside, the module is imported empty, and these names from it as None, unless it is loaded already.

    For what a library imports and we never use. Afterwards whoever imports the module gets it.
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
