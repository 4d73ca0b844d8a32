"""Requests that wait for their client: how many there may be of one address, and how much memory they reserve.

A request waits while its body arrives, and while the client reads a large reply. The memory of a large body is
reserved until the request ends, because what was parsed from it is as large. One address gets at most half of the
memory.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection
from math import inf

from starlette.types import Scope

from core.errors import Overloaded
from services.auth import networks

# Bytes that large bodies and large replies of a process may take together. A smaller one is not counted: their number
# is limited by that of connections.
MOST_BYTES = 64_000_000
LARGE = 65_536
# A rate is measured over the last one to two of these.
WINDOW_SECONDS = 2.0
# Bytes a second. A slower request ends when others need what it reserves.
SLOW = 100_000
ROOM_SECONDS = 0.05
# How often overdue waits are looked for. A timer of its own for each request would cost more than the rest of this.
TICK_SECONDS = 0.5
# One client: an address of IPv4, a network of IPv6.
OWN_BITS = (32, 64)
CLOSE = {"Connection": "close"}


class Wait:
    """One request that waits; `end` cuts it short, from whichever task."""

    __slots__ = ("_end", "_marks", "address", "due", "ended", "moved", "reserved")

    def __init__(self, address: str, end: Callable[[], None], now: float) -> None:
        self.address = address
        self.reserved = 0
        self.moved = 0
        self.ended = False
        # When it expires, in seconds of the event loop's clock.
        self.due = inf
        self._end = end
        # (seconds, bytes moved until then), the older first.
        self._marks = ((now, 0), (now, 0))

    def restart(self, now: float) -> None:
        """Measure the rate from now on."""
        self._marks = ((now, self.moved), (now, self.moved))

    def rate(self, now: float) -> float:
        """Return the bytes a second over the last seconds."""
        then, moved = self._marks[0]
        return (self.moved - moved) / max(now - then, WINDOW_SECONDS)

    def is_slow(self, now: float) -> bool:
        """Return whether the client has had its time and keeps the server waiting."""
        if now - self._marks[1][0] > WINDOW_SECONDS:
            self._marks = (self._marks[1], (now, self.moved))
        return now - self._marks[0][0] > WINDOW_SECONDS and self.rate(now) < SLOW

    def end(self) -> None:
        """Cut the request short, because others need what it reserves."""
        self.ended = True
        self._end()

    def expire(self) -> None:
        """Cut the request short, because it is overdue."""
        self._end()


class Waiting:
    """The waits of a process, of which an address may have `most` at a time."""

    def __init__(self, most: int, client_seconds: float, most_bytes: int = MOST_BYTES) -> None:
        """`client_seconds` is how long a client may send nothing of its body."""
        self.client_seconds = client_seconds
        self._most = most
        self._most_bytes = most_bytes
        self._waits: defaultdict[str, set[Wait]] = defaultdict(set)
        self._reserved: defaultdict[str, int] = defaultdict(int)
        self.reserved = 0
        self._timer: asyncio.TimerHandle | None = None
        self.stopping = False

    def stop(self) -> None:
        """End all waits, because the process is about to stop."""
        self.stopping = True
        for wait in [wait for waits in self._waits.values() for wait in waits]:
            wait.end()

    def begin(self, scope: Scope, end: Callable[[], None]) -> Wait:
        """Return a new wait. Over the limit of its address a slow one ends; raise Overloaded if there is none."""
        now = _now()
        wait = Wait(_address(scope), end, now)
        others = self._waits[wait.address]
        if len(others) >= self._most and not self._end_slowest(others, now):
            detail = "Too many requests of this address wait for their clients."
            raise Overloaded(detail, cause="waiting_requests", headers=CLOSE)
        others.add(wait)
        if self._timer is None:
            self._start_timer()
        return wait

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
        """Note that the client is no longer waited for. What the wait has reserved stays so."""
        others = self._waits.get(wait.address, set())
        others.discard(wait)
        if not others:
            self._waits.pop(wait.address, None)

    def reserve(self, wait: Wait, size: int) -> bool:
        """Return whether there was room for so many bytes; slow requests end to make room."""
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
        """Wait until so many bytes are reserved."""
        while not self.reserve(wait, size):  # noqa: ASYNC110
            # Not an event: a request also becomes slow, and can be ended, while nothing happens.
            await asyncio.sleep(ROOM_SECONDS)

    def release(self, wait: Wait) -> None:
        """Give back what the wait has reserved."""
        self.reserved -= wait.reserved
        self._reserved[wait.address] -= wait.reserved
        wait.reserved = 0
        if not self._reserved[wait.address]:
            del self._reserved[wait.address]

    def _has_room(self, address: str, size: int) -> bool:
        # What is alone has room whatever its size: else it would never have.
        fits = not self.reserved or self.reserved + size <= self._most_bytes
        return fits and not self._is_share_full(address, size)

    def _is_share_full(self, address: str, size: int) -> bool:
        own = self._reserved.get(address, 0)
        return own > 0 and own + size > self._most_bytes // 2

    def _of_heaviest(self, now: float) -> Collection[Wait]:
        """Return the waits of the address that reserves most, of those with slow ones."""
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


def _now() -> float:
    return asyncio.get_running_loop().time()


def _address(scope: Scope) -> str:
    client = scope["client"]
    return (networks.network_of(client[0], *OWN_BITS) if client else None) or "unknown"
