"""Which rows of a matrix a test run has: the usual ones, or all of them with `FULL=1`, as before a release.

By default the tests of the API run on SQLite. Storage, races, the checks for any deployment (`tests/contract/`), one
run of the fuzzer and whatever else differs between the engines run on PostgreSQL, too.
"""

import os
from collections.abc import Iterable
from typing import TypeVar

import pytest

Row = TypeVar("Row")

FULL = os.environ.get("FULL") == "1"
ENGINES = ("sqlite", "postgresql")


def matrix(usual: Iterable[Row], *, full: Iterable[Row]) -> list[Row]:
    """Return the usual rows; all of them with `FULL=1`."""
    return list(full if FULL else usual)


# For the fixture `service`: a test of a race, or of what the engines do differently (text search, time, concurrency).
both_engines = pytest.mark.parametrize("service", ENGINES, indirect=True)
# The engine does not matter, not even in a full run.
on_sqlite = pytest.mark.parametrize("service", ["sqlite"], indirect=True)
