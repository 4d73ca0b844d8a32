"""Counting calls in memory: no count is lost or written twice, whatever the database does."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import ProgrammingError

from core import clock
from core.errors import StorageUnavailable
from services.usage import counting
from tests.service_container import services_on

DAY = datetime(2026, 11, 20, tzinfo=UTC)
HOUR = DAY + timedelta(hours=9)
NOW = HOUR + timedelta(minutes=59, seconds=59)
LATER = NOW + timedelta(seconds=1)
KEY = 77
SESSION = UUID("5b0a6a0e-3f0b-4b52-9d3c-6a8d5d0c1b2e")
BAD = 4
database = SimpleNamespace()
calls = services_on(database).usage
NO_TABLE = ProgrammingError("INSERT", None, Exception("no such table"))


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No counts from before, and no long wait between batches."""
    monkeypatch.setattr(counting, "INTERVAL", 0.01)
    monkeypatch.setattr(calls, "_batch", counting.Batch())
    at(monkeypatch, NOW)
    return iter(())


def at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Let it be that moment."""
    monkeypatch.setattr(clock, "now", lambda: now)


def writing(monkeypatch: pytest.MonkeyPatch, outcomes: list[Exception | None], seconds: float = 0) -> list[Any]:
    """Batches as the database gets them; the first writes end as `outcomes` says, all others well."""
    written: list[Any] = []

    async def write(_query: Any, **batch: Any) -> None:
        await asyncio.sleep(seconds)
        failure = outcomes.pop(0) if outcomes else None
        if failure is not None:
            raise failure
        written.append(batch)

    monkeypatch.setattr(database, "write", write, raising=False)
    return written


def count(key_id: int = 0, *, user_id: int = 7, status: int = 200) -> None:
    """One call, which took 5 microseconds and answered 3 bytes."""
    calls.count(user_id, key_id, "read_set", status, 3, 5)


def test_calls_are_written_in_one_batch_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written = writing(monkeypatch, [])
    count()
    count(KEY)
    count(KEY, status=299)
    count(KEY, status=404)
    count(user_id=8)
    calls.count(9, 0, "read_set", 200, 3, 5, SESSION)
    calls.count_anonymous("192.0.2.7", 401, 3, 5)
    for _ in range(2):
        asyncio.run(calls.flush())
    expected = {
        (7, HOUR, 0, "read_set", 2): [1, 3, 5],
        (7, HOUR, KEY, "read_set", 2): [2, 6, 10],
        (7, HOUR, KEY, "read_set", 4): [1, 3, 5],
        (8, HOUR, 0, "read_set", 2): [1, 3, 5],
        (9, HOUR, 0, "read_set", 2): [1, 3, 5],
    }
    seen = {(7, 0): NOW, (7, KEY): NOW, (8, 0): NOW, (9, 0): NOW}
    anonymous = {(HOUR, "192.0.2.0/24", 4): [1, 3, 5]}
    assert written == [{"calls": expected, "seen": seen, "anonymous": anonymous, "sessions": {SESSION: NOW}}]


def test_many_counts_are_written_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_TOGETHER", 2)
    written = writing(monkeypatch, [])
    for user_id in (7, 8, 9):
        calls.count(user_id, 0, "read_set", 200, 3, 5, SESSION)
    calls.count_anonymous("192.0.2.7", 401, 3, 5)
    asyncio.run(calls.flush())
    parts = [([name[0] for name in one["calls"]], [seen[0] for seen in one["seen"]]) for one in written]
    assert parts == [([7, 8], [7, 8]), ([9], [9]), ([], [])]
    assert [len(one["anonymous"]) for one in written] == [0, 0, 1]
    assert [one["sessions"] for one in written] == [{SESSION: NOW}, {}, {}]


def test_a_call_counts_in_the_hour_in_which_it_ends_also_after_the_clock_was_set_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = writing(monkeypatch, [])
    # The last one is the same hour of the day, and the same day of the month, as the one before.
    moments = [NOW, LATER, NOW, DAY - timedelta(milliseconds=1), NOW, datetime(2026, 12, 20, 9, 59, tzinfo=UTC)]
    for moment in moments:
        at(monkeypatch, moment)
        count()
        calls.count_anonymous("192.0.2.7", 200, 0, 0)
    asyncio.run(calls.flush())
    hours = {DAY - timedelta(hours=1): 1, HOUR: 3, LATER: 1, datetime(2026, 12, 20, 9, tzinfo=UTC): 1}
    assert {name[1]: amounts[0] for name, amounts in written[0]["calls"].items()} == hours
    assert {name[0]: amounts[0] for name, amounts in written[0]["anonymous"].items()} == hours


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.255", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("::ffff:192.0.2.1", "192.0.2.0/24"),
        ("", "other"),
        ("a socket", "other"),
    ],
)
def test_of_an_address_the_network_is_kept(address: str, network: str) -> None:
    assert counting.network(address) == network


def test_many_networks_fill_no_memory_and_every_call_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_ANONYMOUS", 3)
    written = writing(monkeypatch, [StorageUnavailable("away")] * 2)
    for failing in (True, True, False):
        for number in range(5):
            calls.count_anonymous(f"192.0.{number + 5 * failing}.1", 200, 3, 5)
        if failing:
            with pytest.raises(StorageUnavailable):
                asyncio.run(calls.flush())
    asyncio.run(calls.flush())
    [counted] = [batch["anonymous"] for batch in written]
    assert len(counted) == 4 and counted[HOUR, "other", 2][0] > 2
    assert [sum(amounts) for amounts in zip(*counted.values(), strict=True)] == [15, 45, 75]


@pytest.mark.parametrize("failure", [StorageUnavailable("away"), NO_TABLE], ids=["away", "schema"])
def test_what_could_not_be_written_is_written_with_what_came_since(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    written = writing(monkeypatch, [failure], seconds=0.01)

    async def count_while_it_fails() -> None:
        count(KEY)
        calls.count(8, 0, "read_set", 200, 3, 5, SESSION)
        calls.count_anonymous("192.0.2.7", 200, 3, 5)
        flushing = asyncio.create_task(calls.flush())
        await asyncio.sleep(0)
        at(monkeypatch, NOW + timedelta(milliseconds=1))
        count(KEY)
        count(user_id=8)
        calls.count_anonymous("192.0.2.7", 200, 3, 5)
        with pytest.raises(type(failure)):
            await flushing
        await calls.flush()

    asyncio.run(count_while_it_fails())
    expected = {(7, HOUR, KEY, "read_set", 2): [2, 6, 10], (8, HOUR, 0, "read_set", 2): [2, 6, 10]}
    seen = dict.fromkeys([(7, KEY), (8, 0)], NOW + timedelta(milliseconds=1))
    anonymous = {(HOUR, "192.0.2.0/24", 2): [2, 6, 10]}
    assert written == [{"calls": expected, "seen": seen, "anonymous": anonymous, "sessions": {SESSION: NOW}}]


def test_a_count_that_cannot_be_written_is_dropped_alone_and_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    written: list[Any] = []

    async def write(_query: Any, **batch: Any) -> None:
        if any(name[0] == BAD for name in batch["calls"]):
            raise TypeError("an integer is required")
        written.append(batch)

    monkeypatch.setattr(database, "write", write, raising=False)
    for user_id in (1, 2, 3, BAD, 5):
        count(KEY, user_id=user_id)
    calls.count_anonymous("192.0.2.7", 200, 3, 5)
    for _ in range(2):
        asyncio.run(calls.flush())
    assert sorted(name[0] for batch in written for name in batch["calls"]) == [1, 2, 3, 5]
    assert all(set(batch["seen"]) == {(name[0], KEY) for name in batch["calls"]} for batch in written)
    assert [batch["anonymous"] for batch in written if batch["anonymous"]] == [{(HOUR, "192.0.2.0/24", 2): [1, 3, 5]}]
    assert len(caplog.records) == 1


ONE_CALL: dict[str, Any] = {
    "calls": {(7, HOUR, 0, "read_set", 2): [1, 3, 5]},
    "seen": {(7, 0): NOW},
    "anonymous": {},
    "sessions": {},
}


def test_counting_goes_on_after_any_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    written = writing(monkeypatch, [StorageUnavailable("away"), NO_TABLE])
    asyncio.run(_run_until(lambda: written != []))
    assert written == [ONE_CALL]


def test_a_batch_that_is_being_written_when_the_end_comes_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written = writing(monkeypatch, [], seconds=0.05)
    asyncio.run(_run_until(lambda: calls._batch.calls == {}))
    assert written == [ONE_CALL]


def test_batches_of_many_callers_are_written_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "INTERVAL", 1.0)
    of = {names: counting.interval_after(names) for names in (0, 2_000, 10_000, 1_000_000)}
    assert of == {0: 1.0, 2_000: 1.0, 10_000: 5.0, 1_000_000: 10.0}
    sizes: list[int] = []

    def interval_after(names: int) -> float:
        sizes.append(names)
        return 0.01

    monkeypatch.setattr(counting, "INTERVAL", 0.01)
    monkeypatch.setattr(counting, "interval_after", interval_after)
    writing(monkeypatch, [])
    count(KEY)
    asyncio.run(_run_until(lambda: sizes != []))
    assert sizes[0] == 2


async def _run_until(happens: Callable[[], bool]) -> None:
    """Count one call, let the batches go until something happens, and end as the server ends."""
    count()
    running = asyncio.create_task(calls.run())
    for _ in range(500):
        await asyncio.sleep(0.001)
        if happens():
            break
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await calls.flush()
