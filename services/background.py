"""Background work that is repeated until it is cancelled, whatever errors it raises."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from core import clock
from core.errors import StorageUnavailable
from services.observability.metrics import Metrics
from storage.engines import diagnosis

# After the database was away.
RETRY_SECONDS = 5.0
log = logging.getLogger(__name__)


class Background:
    """Background work of one application, and its tasks."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._tasks: list[asyncio.Task[object]] = []

    def start(self, *work: Coroutine[Any, Any, object]) -> None:
        """Begin each of these beside requests; `stop` ends them."""
        self._tasks.extend(asyncio.create_task(each) for each in work)

    async def stop(self) -> None:
        """Cancel all work and wait for its end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def repeat(self, work: Callable[[], Awaitable[object]], *, seconds: float, what: str) -> None:
        """Do the work at once and again after every so many seconds, sooner if the database was away, until
        cancelled.
        """
        self.begin(what, seconds=seconds)
        while True:
            tried = await self.attempt(work, what=what, periodic=True)
            await asyncio.sleep(seconds if tried else min(seconds, RETRY_SECONDS))

    def begin(self, what: str, *, seconds: float) -> None:
        """Record the start of a periodic task and its interval in the metrics."""
        self._metrics.background(what, clock.epoch(), seconds=seconds)

    async def attempt(self, work: Callable[[], Awaitable[object]], *, what: str, periodic: bool = False) -> bool:
        """Do the work once and log what goes wrong under the name `what`; False if it should be tried again soon.

        The metrics show the last success of `periodic` work. Its name comes from a list of ours.
        """
        try:
            await work()
            if periodic:
                self._metrics.background(what, clock.epoch())
        except StorageUnavailable as error:
            log.warning("%s: waiting for FREESEWING_DATABASE_URL: %s", what, diagnosis.explain(error))
            return False
        except Exception:
            # Our own mistake, perhaps with one record: what comes after it must not wait for a restart.
            log.exception("%s: failed", what)
        return True
