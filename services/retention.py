"""Forgetting what is out of date: security events by their age, and API keys that ended long ago."""

import asyncio
import logging

import clock
import storage
from errors import StorageUnavailable
from storage import apikeys, events

INTERVAL_SECONDS = 3600.0
# Between batches, so that requests come first.
PAUSE_SECONDS = 0.2
log = logging.getLogger(__name__)


async def forget() -> None:
    """Remove what is out of date, batch after batch."""
    while pruned := await storage.write(events.prune, clock.now()):
        log.info("%s security events were out of date", pruned)
        await asyncio.sleep(PAUSE_SECONDS)
    while ended := await storage.read_aside(apikeys.ended, clock.now()):
        await storage.write(apikeys.prune, ended)
        await asyncio.sleep(PAUSE_SECONDS)


async def run() -> None:
    """Forget once an hour, until cancelled."""
    while True:
        try:
            await forget()
        except StorageUnavailable as error:
            log.warning("what is out of date waits for the database: %s", error.detail)
        except Exception:
            # Whatever it was, the next hour's must go.
            log.exception("what is out of date could not be removed")
        await asyncio.sleep(INTERVAL_SECONDS)
