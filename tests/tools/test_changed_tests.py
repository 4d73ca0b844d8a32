"""Which test modules `make check` runs for which change."""

import pytest

from tests.service import ROOT
from tools.changed_tests import ALWAYS, OF_DATA, modules_for

MODULES = [
    "tests/storage/test_sets.py",
    "tests/storage/test_sets_of_others.py",
    "tests/storage/test_settings.py",
    "tests/handlers/test_sets.py",
    "tests/storage/test_sqlite.py",
    "tests/test_settings.py",
]


@pytest.mark.parametrize(
    ("file", "tests"),
    [
        ("storage/sets.py", {"tests/storage/test_sets.py", "tests/storage/test_sets_of_others.py"}),
        ("storage/engines/sqlite.py", {"tests/storage/test_sqlite.py"}),
        ("settings.py", {"tests/test_settings.py"}),
        ("tests/handlers/test_sets.py", {"tests/handlers/test_sets.py"}),
        ("tests/handlers/reading.py", set()),
        ("docs/integrate.md", set()),
    ],
)
def test_a_changed_file_is_tested_by_the_modules_named_after_it(file: str, tests: set[str]) -> None:
    assert modules_for([file], MODULES) == {ALWAYS} | tests


def test_the_tests_of_data_exist() -> None:
    assert all((ROOT / module).is_file() for modules in OF_DATA.values() for module in (*modules, ALWAYS))
