"""The TTL cache: no entry is older than a second, or than a write of this process."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

import pytest

from services import response_cache
from services.response_cache import LIFE_SECONDS, MAX_BYTES, ResponseCache


class Clock:
    """The time, as a test sets it."""

    now = 100.0

    def monotonic(self) -> float:
        """As in the module `time`."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the cache."""
    clock = Clock()
    monkeypatch.setattr(response_cache, "time", clock)
    return clock


def numbered() -> Callable[[], Awaitable[bytes]]:
    """Return a function that returns 0, 1, 2 …, so that a test sees its calls."""
    numbers = count()

    async def make() -> bytes:
        return str(next(numbers)).encode()

    return make


def test_a_value_is_returned_again_until_it_expires(clock: Clock) -> None:
    async def story() -> None:
        cache, make = ResponseCache[bytes](), numbered()
        assert await cache.get("a", make) == b"0"
        clock.now += LIFE_SECONDS - 0.01
        assert await cache.get("a", make) == b"0"
        assert await cache.get("b", make) == b"1"
        clock.now += 0.02
        assert await cache.get("a", make) == b"2"

    assert LIFE_SECONDS < 1
    asyncio.run(story())


def test_the_life_of_a_value_begins_before_it_is_read(clock: Clock) -> None:
    async def slow() -> bytes:
        clock.now += LIFE_SECONDS
        return b"slow"

    async def story() -> None:
        cache, make = ResponseCache[bytes](), numbered()
        assert await cache.get("a", slow) == b"slow"
        assert await cache.get("a", make) == b"0"

    asyncio.run(story())


def test_no_value_outlives_a_write_even_if_it_is_read_at_that_moment(clock: Clock) -> None:
    async def story() -> None:
        cache, make = ResponseCache[bytes](), numbered()

        async def during_a_write() -> bytes:
            cache.invalidate()
            return b"old"

        await cache.get("a", make)
        cache.invalidate()
        assert await cache.get("a", make) == b"1"
        assert await cache.get("b", during_a_write) == b"old"
        assert await cache.get("b", make) == b"2"

    asyncio.run(story())


def test_an_exception_is_not_stored(clock: Clock) -> None:
    async def failing() -> bytes:
        raise LookupError

    async def story() -> None:
        cache, make = ResponseCache[bytes](), numbered()
        with pytest.raises(LookupError):
            await cache.get("a", failing)
        assert await cache.get("a", make) == b"0"

    asyncio.run(story())


def test_beyond_its_bytes_the_least_recently_used_value_is_dropped(clock: Clock) -> None:
    async def large() -> bytes:
        return bytes(MAX_BYTES - 2)

    async def story() -> None:
        cache, make = ResponseCache[bytes](), numbered()
        await cache.get("large", large)
        assert [await cache.get(key, make) for key in "abab"] == [b"0", b"1", b"0", b"1"]
        assert await cache.get("c", make) == b"2"
        assert await cache.get("large", make) == b"3"
        assert await cache.get("a", make) == b"0"

    asyncio.run(story())


def test_a_value_beyond_its_bytes_is_returned_and_not_stored(clock: Clock) -> None:
    async def too_large() -> bytes:
        return bytes(MAX_BYTES + 1)

    async def story() -> None:
        cache, make = ResponseCache[bytes](), numbered()
        assert len(await cache.get("a", too_large)) == MAX_BYTES + 1
        assert await cache.get("a", make) == b"0"

    asyncio.run(story())
