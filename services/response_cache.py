"""TTL cache of public responses, so that reading them costs no query.

What a shelf gives was made within the last LIFE_SECONDS, and after every write that this process has reported with
`forget`: who writes sees it at once, and what was written through another instance is seen within a second.
"""

import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, Protocol, TypeVar

LIFE_SECONDS = 0.8
MOST_BYTES = 32_000_000


class Sized(Protocol):
    """Something of so many bytes."""

    def __len__(self) -> int: ...


Kept = TypeVar("Kept", bound=Sized)


class Shelf(Generic[Kept]):
    """Up to MOST_BYTES of what was made lately, by a key."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[float, Kept]] = {}
        self._bytes = 0
        self._generation = 0

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Kept]]) -> Kept:
        """What is kept under the key, or else what `make` returns; what it raises is not kept."""
        found = self._kept.get(key)
        began = time.monotonic()
        if found is not None and began < found[0]:
            return found[1]
        generation = self._generation
        made = await make()
        # What was read before a write that has been reported since is not to outlive this request.
        if generation == self._generation:
            self._keep(key, began + LIFE_SECONDS, made)
        return made

    def _keep(self, key: Hashable, until: float, made: Kept) -> None:
        former = self._kept.pop(key, None)
        self._bytes += len(made) - (len(former[1]) if former else 0)
        if self._bytes > MOST_BYTES:
            self._kept.clear()
            self._bytes = len(made)
        self._kept[key] = (until, made)

    def forget(self) -> None:
        """Keep nothing of what was read before this moment: something was written."""
        self._generation += 1
        self._kept.clear()
        self._bytes = 0
