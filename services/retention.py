"""Pruning: security events by their age, expired sessions, and API keys that ended long ago."""

import asyncio
import logging

import storage
from core import clock
from services import background
from services.images import record_images
from storage import apikeys, attempts, known_networks, mails, security_log, sessions

INTERVAL_SECONDS = 3600.0
# Between batches, so that requests come first.
PAUSE_SECONDS = 0.2
PRUNED = {
    "security events": security_log.prune,
    "counters of attempts": attempts.prune,
    "known networks": known_networks.prune,
    "mails given up": mails.prune,
    "sessions": sessions.prune,
}
log = logging.getLogger(__name__)


async def forget() -> None:
    """Remove what is out of date, batch after batch."""
    for what, prune in PRUNED.items():
        while pruned := await storage.write(prune, clock.now()):
            log.info("%s %s were out of date", pruned, what)
            await asyncio.sleep(PAUSE_SECONDS)
    after: int | None = 0
    while after is not None:
        ended, after = await storage.read_aside(apikeys.ended, clock.now(), after)
        if ended:
            await storage.write(apikeys.prune, ended)
        await asyncio.sleep(PAUSE_SECONDS)
    await record_images.expire(clock.now())
    while removed := await record_images.remove_due(clock.now()):
        log.info("%s images were no longer used", removed)
        await asyncio.sleep(PAUSE_SECONDS)


async def run() -> None:
    """Forget once an hour, until cancelled."""
    await background.repeat(forget, seconds=INTERVAL_SECONDS, what="forgetting what is out of date")
