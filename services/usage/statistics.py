"""Counting all records in the background, by one instance at a time."""

import asyncio
from datetime import timedelta

from core import clock
from services.background import Background
from storage import statistics
from storage.database import Storage

# How old the totals of a small server may become; those of one with millions of rows become older, for the first
# pass alone is made in one go.
INTERVAL = timedelta(minutes=2)
# Between the slices of the first pass, so that requests come first.
PAUSE_SECONDS = 0.2


class Statistics:
    """Counts of all records, kept up to date."""

    def __init__(self, storage: Storage, background: Background) -> None:
        self._storage, self._background = storage, background

    async def refresh(self) -> None:
        """Count one more slice of each table, unless an instance did so recently; the first time, all rows."""
        now = clock.now()
        # The clock that wakes this is not exact: a little early is in time.
        work = await self._storage.write(statistics.claim, now=now, before=now - INTERVAL * 0.9)
        while work is not None:
            work = await self._storage.read_in_background(statistics.advance, work, now=clock.now())
            await self._storage.write(statistics.keep, work, now=clock.now())
            if work.is_complete:
                return
            await asyncio.sleep(PAUSE_SECONDS)

    async def run(self) -> None:
        """Count at once, and every two minutes, until cancelled."""
        await self._background.repeat(self.refresh, seconds=INTERVAL.total_seconds(), what="counting what there is")
