"""Expiring counters for limits, in memory of this process; `redis_counters` has those in Redis.

Both have three methods of `limits.aio.storage.Storage`. That library's memory storage looks at every key each ten
milliseconds, which takes 31 ms with 100,000 of them, so that ours takes its place.
"""

import time
from typing import Protocol

from cachetools import TLRUCache

MOST_KEYS = 100_000


class Counters(Protocol):
    """What limits are counted in."""

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to the counter, which ends `expiry` seconds after it began; what it holds then."""

    async def get_expiry(self, key: str) -> float:
        """When it ends, in seconds since the epoch; the present if there is none."""

    async def clear(self, key: str) -> None:
        """End it now."""

    async def is_up(self) -> bool | None:
        """Whether the server that counts answers; None where there is none."""

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

    async def is_up(self) -> None:
        return None

    async def close(self) -> None:
        self._kept.clear()
