"""Limits on requests that wait for their client: their number for each address, and the memory that they reserve.

A request waits while its body arrives, and while the client reads a large response. The memory of a large body is
reserved until the request ends, because the parsed body is as large. An address can reserve half of the memory.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection
from math import inf

from starlette.types import Scope

from core.errors import Overloaded
from services.auth import networks

# The memory in bytes for all large bodies and large responses of a process. Smaller ones are not counted: connections
# limit their number.
MAX_BYTES = 64_000_000
LARGE = 65_536
# A rate is measured over the last one to two windows.
WINDOW_SECONDS = 2.0
# Bytes a second. A slower request is ended when other requests need its memory.
SLOW = 100_000
ROOM_SECONDS = 0.05
# The interval between searches for overdue waits. A timer for each request would cost more than everything else here.
TICK_SECONDS = 0.5
# One client: an address of IPv4, a network of IPv6.
OWN_BITS = (32, 64)
CLOSE = {"Connection": "close"}


class Wait:
    """One request that waits. Any task can call `end` to end the request."""

    __slots__ = ("_end", "_marks", "address", "due", "ended", "moved", "reserved")

    def __init__(self, address: str, end: Callable[[], None], now: float) -> None:
        self.address = address
        self.reserved = 0
        self.moved = 0
        self.ended = False
        # The time at which it expires, in seconds of the event loop's clock.
        self.due = inf
        self._end = end
        # (time in seconds, bytes moved until then), the older first.
        self._marks = ((now, 0), (now, 0))

    def restart(self, now: float) -> None:
        """Start to measure the rate at `now`."""
        self._marks = ((now, self.moved), (now, self.moved))

    def rate(self, now: float) -> float:
        """Return the bytes a second of the last one to two windows."""
        then, moved = self._marks[0]
        return (self.moved - moved) / max(now - then, WINDOW_SECONDS)

    def is_slow(self, now: float) -> bool:
        """Return whether the client was slow for a whole window."""
        if now - self._marks[1][0] > WINDOW_SECONDS:
            self._marks = (self._marks[1], (now, self.moved))
        return now - self._marks[0][0] > WINDOW_SECONDS and self.rate(now) < SLOW

    def end(self) -> None:
        """End the request, because other requests need its memory or place."""
        self.ended = True
        self._end()

    def expire(self) -> None:
        """End the request, because it is overdue."""
        self._end()


class Waiting:
    """The waits of a process. An address can have `max_waits` at a time, and all together `max_bytes` of memory."""

    def __init__(self, max_waits: int, client_seconds: float, max_bytes: int = MAX_BYTES) -> None:
        """`client_seconds` is the time in which a client may send nothing of its body."""
        self.client_seconds = client_seconds
        self._max_waits = max_waits
        self._max_bytes = max_bytes
        self._waits: defaultdict[str, set[Wait]] = defaultdict(set)
        self._reserved: defaultdict[str, int] = defaultdict(int)
        self.reserved = 0
        self._timer: asyncio.TimerHandle | None = None
        self.stopping = False

    def stop(self) -> None:
        """End all waits, because the process stops."""
        self.stopping = True
        for wait in [wait for waits in self._waits.values() for wait in waits]:
            wait.end()

    def begin(self, scope: Scope, end: Callable[[], None]) -> Wait:
        """Return a new wait. Over the limit of its address end a slow one, or raise Overloaded if there is none."""
        now = _now()
        wait = Wait(_address(scope), end, now)
        others = self._waits[wait.address]
        if len(others) >= self._max_waits and not self._end_slowest(others, now):
            detail = "Too many requests of this address wait for their clients."
            raise Overloaded(detail, cause="waiting_requests", headers=CLOSE)
        others.add(wait)
        if self._timer is None:
            self._start_timer()
        return wait

    def unregistered(self, scope: Scope) -> Wait:
        """Return a wait of a request that does not wait for its client, only to reserve memory."""
        return Wait(_address(scope), _do_nothing, _now())

    def _start_timer(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK_SECONDS, self._expire)

    def _expire(self) -> None:
        now = _now()
        for wait in [wait for waits in self._waits.values() for wait in waits if wait.due <= now]:
            wait.expire()
        self._timer = None
        if self._waits:
            self._start_timer()

    def finish(self, wait: Wait) -> None:
        """End the wait for the client. Its memory stays reserved until `release`."""
        others = self._waits.get(wait.address, set())
        others.discard(wait)
        if not others:
            self._waits.pop(wait.address, None)

    def reserve(self, wait: Wait, size: int) -> bool:
        """Reserve `size` bytes, and return whether they were free. Slow requests are ended to free memory."""
        now = _now()
        while not self._has_room(wait.address, size):
            full = self._is_share_full(wait.address, size)
            slow = self._waits.get(wait.address, set()) if full else self._of_heaviest(now)
            if not self._end_slowest([one for one in slow if one is not wait and one.reserved], now):
                return False
        wait.restart(now)
        wait.reserved += size
        self._reserved[wait.address] += size
        self.reserved += size
        return True

    async def room(self, wait: Wait, size: int) -> None:
        """Wait until `size` bytes are reserved."""
        while not self.reserve(wait, size):  # noqa: ASYNC110
            # Polled: a request becomes slow, and can be ended, without an event.
            await asyncio.sleep(ROOM_SECONDS)

    def release(self, wait: Wait) -> None:
        """Release the memory that the wait has reserved."""
        self.reserved -= wait.reserved
        self._reserved[wait.address] -= wait.reserved
        wait.reserved = 0
        if not self._reserved[wait.address]:
            del self._reserved[wait.address]

    def _has_room(self, address: str, size: int) -> bool:
        # A request that is alone always has room, whatever its size.
        fits = not self.reserved or self.reserved + size <= self._max_bytes
        return fits and not self._is_share_full(address, size)

    def _is_share_full(self, address: str, size: int) -> bool:
        own = self._reserved.get(address, 0)
        return own > 0 and own + size > self._max_bytes // 2

    def _of_heaviest(self, now: float) -> Collection[Wait]:
        """Return the waits of the address that reserves the most memory, of the addresses with slow waits."""
        slow = {
            address for address, waits in self._waits.items() if any(w.reserved and w.is_slow(now) for w in waits)
        }
        return self._waits[max(slow, key=lambda address: self._reserved.get(address, 0))] if slow else ()

    def _end_slowest(self, waits: Collection[Wait], now: float) -> bool:
        slow = [wait for wait in waits if wait.is_slow(now)]
        if not slow:
            return False
        slowest = min(slow, key=lambda wait: wait.rate(now))
        slowest.end()
        self.finish(slowest)
        self.release(slowest)
        return True


def _do_nothing() -> None:
    """End nothing."""


def _now() -> float:
    return asyncio.get_running_loop().time()


def _address(scope: Scope) -> str:
    client = scope["client"]
    return (networks.network_of(client[0], *OWN_BITS) if client else None) or "unknown"
