"""A semaphore whose waiters give up."""

import asyncio
from collections import OrderedDict
from math import inf

# How long after its time a waiter may give up.
TICK_SECONDS = 0.25


class Slots:
    """A number of slots, which are taken in the order of the calls of `acquire`.

    One timer serves all waiters. `asyncio.timeout` sets one for each, which takes 5 % of a read with 32 connections.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        # Each waiter, and when it gives up, by the clock of the event loop.
        self._waiters: OrderedDict[asyncio.Future[None], float] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None

    def waiting(self) -> int:
        """Return the number of waiters."""
        return len(self._waiters)

    async def acquire(self, seconds: float = inf) -> None:
        """Take a slot; raise TimeoutError if there is none for so many seconds."""
        if self._free:
            self._free -= 1
            return
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiters[waiter] = loop.time() + seconds
        if self._timer is None:
            self._timer = loop.call_later(TICK_SECONDS, self._expire)
        try:
            await waiter
        except asyncio.CancelledError:
            self._waiters.pop(waiter, None)
            if not waiter.cancelled() and waiter.exception() is None:
                # It had its slot at the same moment.
                self.release()
            raise

    def release(self) -> None:
        """Give a slot back: to the first waiter, if there is one."""
        while self._waiters:
            waiter, _ = self._waiters.popitem(last=False)
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for waiter in [waiter for waiter, due in self._waiters.items() if due <= now]:
            del self._waiters[waiter]
            if not waiter.done():
                waiter.set_exception(TimeoutError())
        self._timer = loop.call_later(TICK_SECONDS, self._expire) if self._waiters else None
