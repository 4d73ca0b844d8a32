"""Delays for responses whose time must not reveal a result: each ends at a multiple of a fixed time."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

# Much more than the work that it hides: a few statements, and a mail in the queue.
SECONDS = 0.25


class Pace:
    """A clock that never steps, and the delays by it."""

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.now = monotonic
        self._sleep = sleep

    async def keep(self, began: float, seconds: float) -> None:
        """Return a whole multiple of `seconds` after `began`."""
        if not seconds:
            return
        elapsed = self.now() - began
        await self._sleep(max(1, math.ceil(elapsed / seconds)) * seconds - elapsed)


pace = Pace()


@asynccontextmanager
async def steady(seconds: float = SECONDS) -> AsyncIterator[None]:
    """Delay the end of the `with` block, whether it returns or raises; 0 seconds disable the delay."""
    began = pace.now()
    try:
        yield
    except Exception:
        await pace.keep(began, seconds)
        raise
    await pace.keep(began, seconds)
