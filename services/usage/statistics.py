"""Counting all records in the background, by one instance at a time."""

import asyncio
from datetime import timedelta

import storage
from core import clock
from services import background
from storage import statistics

# How old the totals of a small server may become; those of one with millions of rows become older, for the first
# pass alone is made in one go.
INTERVAL = timedelta(minutes=2)
# Between the slices of the first pass, so that requests come first.
PAUSE_SECONDS = 0.2


async def refresh() -> None:
    """Count one more slice of everything, unless somebody just did; the first time, count all there is."""
    now = clock.now()
    # The clock that wakes this is not exact: a little early is in time.
    work = await storage.write(statistics.claim, now=now, before=now - INTERVAL * 0.9)
    while work is not None:
        work = await storage.read_aside(statistics.advance, work, now=clock.now())
        await storage.write(statistics.keep, work, now=clock.now())
        if work.is_complete:
            return
        await asyncio.sleep(PAUSE_SECONDS)


async def run() -> None:
    """Count at once, and every two minutes, until cancelled."""
    await background.repeat(refresh, seconds=INTERVAL.total_seconds(), what="counting what there is")
