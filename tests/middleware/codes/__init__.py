"""The codes that the document states for request bodies: one module a tag, with `GOOD` and `TABLE`."""

import importlib
import pkgutil

from tests.middleware.codes.case import Good, Wrong

_MODULES = [
    importlib.import_module(f"{__name__}.{module.name}")
    for module in pkgutil.iter_modules(__path__)
    if module.name != "case"
]
GOOD: Good = {name: body for module in _MODULES for name, body in module.GOOD.items()}
TABLE: Wrong = [row for module in _MODULES for row in module.TABLE]
