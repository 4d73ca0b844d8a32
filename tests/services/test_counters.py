"""Counters in this process and in Redis: the same promises, and what happens while Redis is away."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from services.limits import counters, redis_counters
from services.limits.counters import Counters, Memory
from services.limits.limiter import Limits
from services.limits.redis_counters import Shared
from services.observability.metrics import Metrics
from tests.databases import fresh_redis
from tests.proxy import Proxy
from tests.service import PATIENCE


@pytest.fixture
def redis_url() -> Iterator[str]:
    """An empty Redis database."""
    with fresh_redis() as url:
        yield url


@pytest.fixture(params=["memory", "redis"])
def kept(request: pytest.FixtureRequest, run: Any) -> Iterator[Counters]:
    """Counters of each kind."""
    if request.param == "memory":
        yield Memory()
        return
    with fresh_redis() as url:
        shared = Shared(url, Metrics())
        yield shared
        run(shared.close())


def test_a_counter_adds_up_and_others_do_not(kept: Counters, run: Any) -> None:
    async def count() -> list[int]:
        return [
            await kept.incr("a", 60),
            await kept.incr("a", 60, 5),
            await kept.incr("b", 60),
            await kept.incr("a", 60),
        ]

    assert run(count()) == [1, 6, 1, 7]


def test_a_counter_ends_when_it_was_to_when_it_began(kept: Counters, run: Any) -> None:
    begun = time.time()

    async def ends() -> tuple[float, float]:
        await kept.incr("a", 100)
        first = await kept.get_expiry("a")
        await kept.incr("a", 1_000)
        return first, await kept.get_expiry("a")

    first, second = run(ends())
    # Redis counts whole seconds.
    assert begun + 99 <= first <= time.time() + 101 and second <= time.time() + 101


def test_a_counter_that_has_ended_begins_anew(kept: Counters, run: Any) -> None:
    async def count() -> list[int]:
        before = [await kept.incr("a", 1), await kept.incr("a", 1)]
        await asyncio.sleep(1.1)
        return [*before, await kept.incr("a", 1)]

    assert run(count()) == [1, 2, 1]


def test_a_counter_can_be_ended(kept: Counters, run: Any) -> None:
    async def count() -> int:
        await kept.incr("a", 60, 9)
        await kept.clear("a")
        await kept.clear("never there")
        return await kept.incr("a", 60)

    assert run(count()) == 1


def test_memory_keeps_so_many_counters_and_those_that_are_used(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "MOST_KEYS", 100)
    memory = Memory()

    async def count() -> int:
        for other in range(1_000):
            await memory.incr("a", 60)
            await memory.incr(f"other {other}", 60)
        return await memory.incr("a", 60)

    assert run(count()) == 1_001
    assert len(memory._kept) <= 100


def test_instances_share_the_counters_in_redis(redis_url: str, run: Any) -> None:
    one, other = Shared(redis_url, Metrics()), Shared(redis_url, Metrics())

    async def count() -> list[int]:
        return [await one.incr("a", 60), await other.incr("a", 60), await one.incr("a", 60)]

    assert run(count()) == [1, 2, 3]
    run(one.close())
    run(other.close())


@pytest.fixture
def proxy(redis_url: str) -> Iterator[Proxy]:
    """What lies between the counters and Redis."""
    parts = urlsplit(redis_url)
    there = Proxy(parts.hostname or "", parts.port or 6379)
    try:
        yield there
    finally:
        there.cut()


@pytest.mark.parametrize("trouble", ["cut", "hang"])
def test_while_redis_is_away_everybody_is_counted_here_and_afterwards_there_again(
    redis_url: str, proxy: Proxy, run: Any, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_counters, "RETRY_SECONDS", 0.2)
    shared = Shared(redis_url.replace(f":{urlsplit(redis_url).port}", f":{proxy.port}"), Metrics())

    async def count() -> list[int]:
        seen = [await shared.incr("a", 60, 10)]
        getattr(proxy, trouble)()
        began = time.monotonic()
        seen += [await shared.incr("a", 60) for _ in range(20)]
        # Asked in vain once, not with each request.
        assert time.monotonic() - began < 20 * redis_counters.TIMEOUT_SECONDS
        proxy.restore()
        while (value := await shared.incr("a", 60)) < 31:
            seen.append(value)
            assert time.monotonic() - began < PATIENCE
            await asyncio.sleep(0.02)
        return seen

    assert run(count())[:4] == [10, 1, 2, 3]
    run(shared.close())


def test_a_counter_does_not_reveal_its_subject_without_the_key_of_the_server() -> None:
    names = []
    for key in (b"one", b"one", b"two"):
        limits = Limits(Metrics(), key=key, enabled=True, quotas="", redis_url="")
        names.append(limits.unnamed("alice@example.org"))
    assert names[0] == names[1] != names[2]
