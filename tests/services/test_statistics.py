"""Statistics are counted in the background: at once at first, by one process at a time, despite database errors."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import clock
from core.errors import StorageUnavailable
from services import background
from services.usage import statistics
from storage import statistics as stored_statistics
from storage.statistics import Work
from tests.service import PATIENCE
from tests.service_container import services_on

NOW = datetime(2026, 11, 20, tzinfo=UTC)
TABLES = ("accounts", "patterns", "sets", "curated_sets", "bookmarks", "apikeys")


class Database:
    """A stub of storage: tables of so many slices, and the calls it received."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, slices: int, outcomes: list[Exception | None]) -> None:
        self.slices = slices
        self.outcomes = outcomes
        self.kept: list[Work] = []
        self.claims: list[dict[str, Any]] = []
        self.statistics = services_on(self).statistics
        monkeypatch.setattr(clock, "now", lambda: NOW)

    async def write(self, query: Any, *given: Any, **named: Any) -> Work | None:
        if query is stored_statistics.keep:
            self.kept.append(given[0])
            return None
        assert query is stored_statistics.claim
        self.claims.append(named)
        failure = self.outcomes.pop(0) if self.outcomes else None
        if failure is not None:
            raise failure
        return Work() if self.slices else None

    async def read_in_background(self, query: Any, work: Work, *, now: datetime) -> Work:
        assert query is stored_statistics.advance
        self.slices -= 1
        return Work(passes={"accounts": {}}) if self.slices else Work(figures=dict.fromkeys(TABLES))


def test_the_first_time_all_there_is_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "PAUSE_SECONDS", 0)
    database = Database(monkeypatch, slices=5, outcomes=[])
    asyncio.run(database.statistics.refresh())
    assert [work.is_complete for work in database.kept] == [False] * 4 + [True]
    assert len(database.claims) == 1 and database.claims[0]["now"] == NOW


def test_a_recent_count_of_another_process_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(monkeypatch, slices=0, outcomes=[])
    asyncio.run(database.statistics.refresh())
    assert database.kept == []
    assert timedelta(minutes=1) < NOW - database.claims[0]["before"] < statistics.INTERVAL


def test_counting_goes_on_after_any_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "INTERVAL", timedelta(milliseconds=1))
    monkeypatch.setattr(background, "RETRY_SECONDS", 0.001)
    database = Database(monkeypatch, slices=1, outcomes=[StorageUnavailable("away"), KeyError("our own mistake")])

    async def run() -> None:
        running = asyncio.create_task(database.statistics.run())
        async with asyncio.timeout(PATIENCE):
            while not database.kept:  # noqa: ASYNC110 (set by a stand-in)
                await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())
    assert len(database.kept) == 1 and len(database.claims) >= 3
