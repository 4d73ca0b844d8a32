"""Counting calls in memory: no count is lost or written twice, whatever the database does."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

import storage
from errors import StorageUnavailable
from services import usage

NOW = datetime(2026, 11, 20, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)
KEY = UUID(int=1)
Write = Callable[[dict[str, Any]], Any]


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No counts from before, and no long wait between batches."""
    monkeypatch.setattr(usage, "INTERVAL", 0.01)
    monkeypatch.setattr(usage, "_by_account", {})
    monkeypatch.setattr(usage, "_by_key", {})
    return iter(())


def writing(monkeypatch: pytest.MonkeyPatch, outcomes: list[Exception | None], seconds: float = 0) -> list[Any]:
    """Batches as the database gets them; the first writes end as `outcomes` says, all others well."""
    written: list[Any] = []

    async def write(_query: Any, **batch: Any) -> None:
        await asyncio.sleep(seconds)
        failure = outcomes.pop(0) if outcomes else None
        if failure is not None:
            raise failure
        written.append(batch)

    monkeypatch.setattr(storage, "write", write)
    return written


def test_calls_are_written_in_one_batch_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written = writing(monkeypatch, [])
    usage.count_token(7, NOW)
    usage.count_key(7, KEY, NOW)
    usage.count_key(7, KEY, LATER)
    usage.count_token(8, NOW)
    for _ in range(2):
        asyncio.run(usage.flush())
    assert written == [{"by_account": {7: (1, 2, LATER), 8: (1, 0, NOW)}, "by_key": {KEY: (2, LATER)}}]


@pytest.mark.parametrize("failure", [StorageUnavailable("away"), KeyError("our own mistake")])
def test_what_could_not_be_written_is_written_with_what_came_since(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    written = writing(monkeypatch, [failure], seconds=0.01)

    async def count_while_it_fails() -> None:
        usage.count_key(7, KEY, NOW)
        flushing = asyncio.create_task(usage.flush())
        await asyncio.sleep(0)
        usage.count_key(7, KEY, LATER)
        usage.count_token(8, LATER)
        with pytest.raises(type(failure)):
            await flushing
        await usage.flush()

    asyncio.run(count_while_it_fails())
    assert written == [{"by_account": {7: (0, 2, LATER), 8: (1, 0, LATER)}, "by_key": {KEY: (2, LATER)}}]


def test_counting_goes_on_after_any_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    written = writing(monkeypatch, [StorageUnavailable("away"), KeyError("our own mistake")])
    asyncio.run(_run_until(lambda: written != []))
    assert written == [{"by_account": {7: (1, 0, NOW)}, "by_key": {}}]


def test_a_batch_that_is_being_written_when_the_end_comes_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written = writing(monkeypatch, [], seconds=0.05)
    asyncio.run(_run_until(lambda: usage._by_account == {}))
    assert written == [{"by_account": {7: (1, 0, NOW)}, "by_key": {}}]


async def _run_until(happens: Callable[[], bool]) -> None:
    """Count one call, let the batches go until something happens, and end as the server ends."""
    usage.count_token(7, NOW)
    running = asyncio.create_task(usage.run())
    for _ in range(500):
        await asyncio.sleep(0.001)
        if happens():
            break
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await usage.flush()
