"""Slots: who gets one, and who gives up."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from storage.engines import slots
from storage.engines.slots import Slots


def on(number: int, work: Callable[[Slots], Awaitable[None]]) -> None:
    """Run the work on so many slots, all of which are free again at its end."""

    async def run() -> None:
        there = Slots(number)
        await work(there)
        for _ in range(number):
            await there.acquire(0)
        with pytest.raises(TimeoutError):
            await there.acquire(0)
        assert there.waiting() == 0

    asyncio.run(run())


@pytest.fixture(autouse=True)
def short_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A waiter that gives up does so soon."""
    monkeypatch.setattr(slots, "TICK_SECONDS", 0.01)


def test_slots_are_taken_in_the_order_of_the_calls() -> None:
    order: list[int] = []

    async def use(there: Slots, number: int) -> None:
        await there.acquire(60)
        order.append(number)
        await asyncio.sleep(0)
        there.release()

    async def work(there: Slots) -> None:
        await asyncio.gather(*(use(there, number) for number in range(9)))

    on(2, work)
    assert order == list(range(9))


def test_a_waiter_gives_up_and_the_next_one_gets_the_slot() -> None:
    async def work(there: Slots) -> None:
        await there.acquire()
        patient = asyncio.create_task(there.acquire(60))
        with pytest.raises(TimeoutError):
            await there.acquire(0.01)
        assert there.waiting() == 1
        there.release()
        await patient
        there.release()

    on(1, work)


@pytest.mark.parametrize("released_first", [True, False])
def test_the_slot_of_a_waiter_that_is_cancelled_goes_to_the_next_one(released_first: bool) -> None:
    async def work(there: Slots) -> None:
        await there.acquire()
        cancelled = asyncio.create_task(there.acquire(60))
        patient = asyncio.create_task(there.acquire(60))
        await asyncio.sleep(0)
        if released_first:
            there.release()
            cancelled.cancel()
        else:
            cancelled.cancel()
            there.release()
        await patient
        assert cancelled.cancelled()
        there.release()

    on(1, work)


def test_a_waiter_that_is_cancelled_and_gives_up_at_the_same_moment_gives_no_slot_back() -> None:
    async def work(there: Slots) -> None:
        await there.acquire()
        waiter = asyncio.create_task(there.acquire(0))
        await asyncio.sleep(0)
        there._expire()
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        there.release()

    on(1, work)
