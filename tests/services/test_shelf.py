"""Replies that are kept ready: never older than a second, never older than a write of this process."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

import pytest

from services import response_cache
from services.response_cache import LIFE_SECONDS, MOST_BYTES, Shelf


class Clock:
    """The time, as a test sets it."""

    now = 100.0

    def monotonic(self) -> float:
        """As of `time`."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time that the shelf goes by."""
    clock = Clock()
    monkeypatch.setattr(response_cache, "time", clock)
    return clock


def numbered() -> Callable[[], Awaitable[bytes]]:
    """Makes 0, 1, 2 …, so that one sees whether it was asked."""
    numbers = count()

    async def make() -> bytes:
        return str(next(numbers)).encode()

    return make


def test_what_was_made_is_given_again_until_its_life_is_over(clock: Clock) -> None:
    async def story() -> None:
        kept, make = Shelf[bytes](), numbered()
        assert await kept.get("a", make) == b"0"
        clock.now += LIFE_SECONDS - 0.01
        assert await kept.get("a", make) == b"0"
        assert await kept.get("b", make) == b"1"
        clock.now += 0.02
        assert await kept.get("a", make) == b"2"

    assert LIFE_SECONDS < 1
    asyncio.run(story())


def test_its_life_begins_before_it_was_read(clock: Clock) -> None:
    async def slow() -> bytes:
        clock.now += LIFE_SECONDS
        return b"slow"

    async def story() -> None:
        kept, make = Shelf[bytes](), numbered()
        assert await kept.get("a", slow) == b"slow"
        assert await kept.get("a", make) == b"0"

    asyncio.run(story())


def test_nothing_outlives_a_write_not_even_what_was_being_read_at_that_moment(clock: Clock) -> None:
    async def story() -> None:
        kept, make = Shelf[bytes](), numbered()

        async def overtaken() -> bytes:
            kept.forget()
            return b"old"

        await kept.get("a", make)
        kept.forget()
        assert await kept.get("a", make) == b"1"
        assert await kept.get("b", overtaken) == b"old"
        assert await kept.get("b", make) == b"2"

    asyncio.run(story())


def test_what_cannot_be_made_is_asked_for_each_time(clock: Clock) -> None:
    async def failing() -> bytes:
        raise LookupError

    async def story() -> None:
        kept, make = Shelf[bytes](), numbered()
        with pytest.raises(LookupError):
            await kept.get("a", failing)
        assert await kept.get("a", make) == b"0"

    asyncio.run(story())


def test_it_holds_only_so_much(clock: Clock) -> None:
    async def large() -> bytes:
        return bytes(MOST_BYTES - 1)

    async def story() -> None:
        kept, make = Shelf[bytes](), numbered()
        await kept.get("small", make)
        for _ in range(3):
            await kept.get("large", large)
            clock.now += LIFE_SECONDS
        clock.now -= LIFE_SECONDS
        assert await kept.get("another", make) == b"1"
        assert await kept.get("more", make) == b"2"
        assert await kept.get("small", make) == b"3"

    asyncio.run(story())
