"""Counting how much there is of everything, beside requests and by one instance at a time."""

import asyncio
import logging
from datetime import timedelta

import clock
import storage
from errors import StorageUnavailable
from storage import totals

# How old the totals of a small server may become; those of one with millions of rows become older, for the first
# pass alone is made in one go.
INTERVAL = timedelta(minutes=2)
# Between the slices of the first pass, so that requests come first.
PAUSE_SECONDS = 0.2
# After the database was away.
RETRY_SECONDS = 5.0
log = logging.getLogger(__name__)


async def refresh() -> None:
    """Count one more slice of everything, unless somebody just did; the first time, count all there is."""
    now = clock.now()
    # The clock that wakes this is not exact: a little early is in time.
    work = await storage.write(totals.claim, now=now, before=now - INTERVAL * 0.9)
    while work is not None:
        work = await storage.read_aside(totals.advance, work, now=clock.now())
        await storage.write(totals.keep, work, now=clock.now())
        if work.is_complete:
            return
        await asyncio.sleep(PAUSE_SECONDS)


async def run() -> None:
    """Count at once, and every two minutes, until cancelled."""
    while True:
        try:
            await refresh()
            seconds = INTERVAL.total_seconds()
        except StorageUnavailable as error:
            log.warning("the totals wait for the database: %s", error.detail)
            seconds = RETRY_SECONDS
        except Exception:
            # Whatever it was, the totals must not stay as they are until a restart.
            log.exception("there are no new totals")
            seconds = INTERVAL.total_seconds()
        await asyncio.sleep(seconds)
