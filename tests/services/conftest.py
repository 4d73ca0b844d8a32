"""What tests of limits share: a clock that is set by hand, and one event loop for a test."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from core import clock

# The beginning of a minute.
NOON = 1_795_435_200.0


class Clock:
    """The present, as the test says."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that limits look at."""
    fixed = Clock()
    monkeypatch.setattr(clock, "epoch", fixed)
    return fixed


@pytest.fixture
def run() -> Iterator[Any]:
    """One event loop for the test."""
    with asyncio.Runner() as runner:
        yield runner.run
