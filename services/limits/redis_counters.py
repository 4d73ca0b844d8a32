"""Expiring counters in Redis, shared by several instances. Imported only if used: the libraries take 9 MB."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from limits.aio.storage import RedisStorage
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from services.limits.counters import Memory
from services.observability.metrics import FAILED_OPEN, Metrics

# How long a Redis that failed is left alone, and the longest that it may keep a request waiting.
RETRY_SECONDS = 1.0
TIMEOUT_SECONDS = 0.5
Result = TypeVar("Result")
log = logging.getLogger(__name__)


class Shared:
    """Counters in Redis. While Redis is unavailable, those of this process, so that no request is rejected."""

    def __init__(self, url: str, metrics: Metrics) -> None:
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
        self._metrics = metrics
        self._away_until = 0.0

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        total = await self._ask(lambda counters: counters.incr(key, expiry, amount))
        if time.monotonic() < self._away_until:
            self._metrics.limiter(key.partition(":")[0], FAILED_OPEN)
        return total

    async def get_expiry(self, key: str) -> float:
        return await self._ask(lambda counters: counters.get_expiry(key))

    async def clear(self, key: str) -> None:
        await self._memory.clear(key)
        await self._ask(lambda counters: counters.clear(key))

    async def is_up(self) -> bool:
        return await self._redis.check()

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
