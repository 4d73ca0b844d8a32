"""What a real client would send, where no link of the document can tell: one module a tag, `REAL` in each.

`REAL` maps an operation to a function that puts real values into a Schemathesis case; half of the valid requests get
them. `ALWAYS` names those of them that must never be called with anything else, because the fuzzing account could
end itself. `ENDING` names operations that end their own credentials: they get an account of their own each time.
"""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from tests.contract.fuzzing import CannotMake

REAL: dict[str, Callable[[Any], None]] = {}
ALWAYS: set[str] = set()
ENDING: set[str] = set()
for _module in pkgutil.iter_modules(__path__):
    _tag = importlib.import_module(f"{__name__}.{_module.name}")
    REAL |= _tag.REAL
    ALWAYS |= getattr(_tag, "ALWAYS", set())
    ENDING |= getattr(_tag, "ENDING", set())


def give(operation: str, case: Any) -> bool:
    """Put real values into the case, if there are any for this operation; whether it has them now."""
    if operation not in REAL:
        return False
    try:
        REAL[operation](case)
    except CannotMake:
        return False
    return True
