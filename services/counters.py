"""Counters that end by themselves, for limits: in this process, or in a Redis that several instances share.

Both have three methods of `limits.aio.storage.Storage`; the shared one is that library's. Its memory storage looks
at every key each ten milliseconds, which takes 31 ms with 100,000 of them, so that ours takes its place.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Protocol, TypeVar

from cachetools import TLRUCache
from limits.aio.storage import RedisStorage
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from services import metrics

MOST_KEYS = 100_000
# How long a Redis that failed is left alone, and the longest that it may keep a request waiting.
RETRY_SECONDS = 1.0
TIMEOUT_SECONDS = 0.5
Result = TypeVar("Result")
log = logging.getLogger(__name__)


def unnamed(text: str) -> str:
    """What stands in keys for an address or a name, which is not to be kept."""
    return sha256(text.encode()).hexdigest()[:32]


class Counters(Protocol):
    """What limits are counted in."""

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to the counter, which ends `expiry` seconds after it began; what it holds then."""

    async def get_expiry(self, key: str) -> float:
        """When it ends, in seconds since the epoch; the present if there is none."""

    async def clear(self, key: str) -> None:
        """End it now."""

    async def close(self) -> None:
        """Let go of every connection."""


class Memory:
    """Counters of this process, on a clock that never steps; of too many the one not used for longest goes."""

    def __init__(self) -> None:
        self._kept: TLRUCache[str, tuple[int, float]] = TLRUCache(
            MOST_KEYS, lambda _, kept, __: kept[1], time.monotonic
        )

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        count, ends = self._kept.get(key) or (0, time.monotonic() + expiry)
        self._kept[key] = count + amount, ends
        return count + amount

    async def get_expiry(self, key: str) -> float:
        _, ends = self._kept.get(key) or (0, time.monotonic())
        return time.time() + ends - time.monotonic()

    async def clear(self, key: str) -> None:
        self._kept.pop(key, None)

    async def close(self) -> None:
        self._kept.clear()


class Shared:
    """Counters in Redis; while that is away, those of this process: nobody is refused because of it."""

    def __init__(self, url: str) -> None:
        """`url` is `redis://…`, `rediss://…` or `unix://…`. Nothing is sent yet."""
        self._pool = ConnectionPool.from_url(
            url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
        self._redis = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix="freesewing",
            connection_pool=self._pool,  # type: ignore[arg-type]  # as documented
        )
        self._memory = Memory()
        self._away_until = 0.0

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        total = await self._ask(lambda counters: counters.incr(key, expiry, amount))
        if time.monotonic() < self._away_until:
            metrics.limiter(key.partition(":")[0], metrics.FAILED_OPEN)
        return total

    async def get_expiry(self, key: str) -> float:
        return await self._ask(lambda counters: counters.get_expiry(key))

    async def clear(self, key: str) -> None:
        await self._memory.clear(key)
        await self._ask(lambda counters: counters.clear(key))

    async def close(self) -> None:
        await self._pool.disconnect()

    async def _ask(self, work: Callable[[RedisStorage | Memory], Awaitable[Result]]) -> Result:
        if time.monotonic() >= self._away_until:
            try:
                return await work(self._redis)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("limits are counted here only, Redis is away: %s", type(error).__name__)
                self._away_until = time.monotonic() + RETRY_SECONDS
                # What lies idle is as dead: the next attempt must not fail because of it.
                await self._pool.disconnect(inuse_connections=False)
        return await work(self._memory)
