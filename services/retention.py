"""Pruning: security events by their age, expired sessions, and API keys that ended long ago."""

import asyncio
import logging

from core import clock
from services.background import Background
from services.images.record_images import Images
from storage import apikeys, attempts, known_networks, mails, recent_requests, security_log, sessions
from storage.database import Storage

INTERVAL_SECONDS = 3600.0
# Between batches, so that requests come first.
PAUSE_SECONDS = 0.2
PRUNED = {
    "security events": security_log.prune,
    "counters of attempts": attempts.prune,
    "known networks": known_networks.prune,
    "mails given up": mails.prune,
    "sessions": sessions.prune,
    "recent requests": recent_requests.prune,
}
log = logging.getLogger(__name__)


class Retention:
    """Removal of rows and images after their retention period."""

    def __init__(self, storage: Storage, background: Background, images: Images) -> None:
        self._storage, self._background, self._images = storage, background, images

    async def forget(self) -> None:
        """Remove expired rows and images, batch after batch."""
        for what, prune in PRUNED.items():
            while pruned := await self._storage.write(prune, clock.now()):
                log.info("%s %s were out of date", pruned, what)
                await asyncio.sleep(PAUSE_SECONDS)
        after: int | None = 0
        while after is not None:
            ended, after = await self._storage.read_in_background(apikeys.ended, clock.now(), after)
            if ended:
                await self._storage.write(apikeys.prune, ended)
            await asyncio.sleep(PAUSE_SECONDS)
        await self._images.expire(clock.now())
        while removed := await self._images.remove_due(clock.now()):
            log.info("%s images were no longer used", removed)
            await asyncio.sleep(PAUSE_SECONDS)

    async def run(self) -> None:
        """Prune once an hour, until cancelled."""
        await self._background.repeat(self.forget, seconds=INTERVAL_SECONDS, what="forgetting what is out of date")
