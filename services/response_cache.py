"""TTL cache of public responses and images: reading them costs no query.

An entry is at most LIFE_SECONDS old, and `invalidate` drops it after every write of this process. So a client sees
its own write at once, and a write through another instance within a second.
"""

import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, NamedTuple, Protocol, TypeVar

from cachetools import TLRUCache

LIFE_SECONDS = 0.8
MAX_BYTES = 32_000_000


class Sized(Protocol):
    """A value with a length in bytes."""

    def __len__(self) -> int: ...


Value = TypeVar("Value", bound=Sized)


class _Entry(NamedTuple, Generic[Value]):
    value: Value
    until: float


class ResponseCache(Generic[Value]):
    """Up to MAX_BYTES of values by key. Beyond that the least recently used ones are dropped."""

    def __init__(self) -> None:
        self._entries = self._empty()
        self._generation = 0

    @staticmethod
    def _empty() -> TLRUCache[Hashable, _Entry[Value]]:
        return TLRUCache(
            MAX_BYTES,
            ttu=lambda _key, entry, _now: entry.until,
            timer=time.monotonic,
            getsizeof=lambda entry: len(entry.value),
        )

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Value]]) -> Value:
        """Return the value of the key, else call `make` and store its result. Exceptions are not stored."""
        try:
            return self._entries[key].value
        except KeyError:
            generation, began = self._generation, time.monotonic()
        made = await make()
        # A value that was read before a write must not outlive this request.
        if generation == self._generation and len(made) <= MAX_BYTES:
            self._entries[key] = _Entry(made, began + LIFE_SECONDS)
        return made

    def invalidate(self) -> None:
        """Drop everything that was read before this moment: something was written."""
        self._generation += 1
        # A new cache: `clear` would remove the entries one by one.
        self._entries = self._empty()
