"""What the level tests must know of each operation that needs authentication: one module a tag, `CASES` in each."""

import importlib
import pkgutil

from tests.contract.levels.case import Case

CASES: dict[str, Case] = {
    name: case
    for module in pkgutil.iter_modules(__path__)
    if module.name != "case"
    for name, case in importlib.import_module(f"{__name__}.{module.name}").CASES.items()
}
