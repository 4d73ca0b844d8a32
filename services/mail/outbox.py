"""Sending of queued mails: woken by each new mail, and by the clock for those that wait for a retry."""

import asyncio
import logging
import math
import time
from datetime import timedelta
from typing import Any

from core import clock
from core.errors import NoSuchRecord, QuotaExceeded
from services.address import PublicAddress
from services.background import Background
from services.limits.limiter import Limits
from services.mail import delivery, messages
from services.observability import metrics
from services.observability.metrics import Metrics
from storage import confirmations, mails, subscribers
from storage.database import Storage
from storage.schema.encryption import Undecryptable

IDLE_SECONDS = 5.0
# Tries after 1, 2, 4 … minutes, at most six hours apart, for about three days.
MOST_ATTEMPTS = 20
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
# At shutdown: how long the outbox begins to send further mails, and how much longer the current one may take. If it
# were cancelled after the mail server accepted a mail and before that is stored, the mail would be sent twice.
DRAIN_SECONDS, LAST_MAIL_SECONDS = 3.0, 5.0
log = logging.getLogger(__name__)


class Outbox:
    """The sender of queued mails."""

    def __init__(
        self,
        storage: Storage,
        background: Background,
        limits: Limits,
        metrics: Metrics,
        address: PublicAddress,
        *,
        url: str,
        sender: str,
        website: str,
    ) -> None:
        """`url` says where mail goes (see `delivery`), `website` where its links point; raises ValueError."""
        delivery.destination(url)
        self._storage, self._background, self._limits, self._metrics = storage, background, limits, metrics
        self._address, self._url, self._sender, self._website = address, url, sender, website
        self._new_mail = asyncio.Event()
        self._run: asyncio.Task[None] | None = None
        # In seconds of the monotonic clock.
        self._no_mail_after = math.inf

    def wake(self) -> None:
        """Send the queued mail now instead of at the next interval."""
        self._new_mail.set()

    async def run(self) -> None:
        """Send mails until drained or cancelled. While the database or the mail server is unavailable, mails wait."""

        self._new_mail, self._run, self._no_mail_after = (
            asyncio.Event(),
            asyncio.current_task(),
            math.inf,
        )  # of this event loop
        self._background.begin("sending mail", seconds=IDLE_SECONDS)
        while True:
            is_last = self._no_mail_after < math.inf
            self._new_mail.clear()
            await self._background.attempt(self._send_all, what="sending mail", periodic=True)
            if is_last:
                return
            try:
                await asyncio.wait_for(self._new_mail.wait(), IDLE_SECONDS)
            except TimeoutError:
                continue

    async def drain(self) -> None:
        """Send as many queued mails as possible in DRAIN_SECONDS, then end the run."""

        if self._run is None:
            return
        ending, self._run = self._run, None
        self._no_mail_after = time.monotonic() + DRAIN_SECONDS
        self._new_mail.set()
        await asyncio.wait({ending}, timeout=DRAIN_SECONDS + LAST_MAIL_SECONDS)

    async def _send_all(self) -> None:
        while time.monotonic() < self._no_mail_after:
            mail_id = await self._storage.write(mails.claim, now=clock.now())
            if mail_id is None:
                break
            await self._send(mail_id)
        await self._storage.write(confirmations.prune, clock.now())
        await self._storage.write(subscribers.prune, clock.now())

    async def _send(self, mail_id: int) -> None:
        try:
            queued = await self._storage.read(mails.find, mail_id)
        except NoSuchRecord:
            return
        except Undecryptable as error:
            # It cannot be decrypted until the key is configured again. It stays claimed until then.
            log.error("mail %s waits for its key: %s", mail_id, error)
            return
        await self._deliver(queued)

    async def _deliver(self, queued: Any) -> None:
        try:
            mail = messages.of_queue(queued["letter"])
            if await self._is_wanted(mail) and await self._is_within_limit(queued, mail):
                server = self._address.of("")
                message = await asyncio.to_thread(
                    messages.render, mail, sender=self._sender, website=self._website, server=server
                )
                await delivery.deliver(message, self._url)
        except delivery.DeliveryFailed as failure:
            await self._failed(queued, str(failure), metrics.RECIPIENT if failure.permanent else None)
        except ValueError as error:
            # It cannot be rendered, and another attempt would fail as well.
            await self._failed(queued, str(error), metrics.CONTENT)
        except Exception as error:
            log.exception("mail %s", queued["id"])
            await self._failed(queued, type(error).__name__)
        else:
            await self._storage.write(mails.sent, queued["id"])

    async def _is_wanted(self, mail: messages.Mail) -> bool:
        """Return False if the recipient has left the newsletter since the mail was queued."""
        return mail.subscriber is None or await self._storage.read(subscribers.find, mail.subscriber) is not None

    async def _is_within_limit(self, queued: Any, mail: messages.Mail) -> bool:
        """Count a notice for its recipient; return False, and log it, if the limit of this kind is reached.

        Each kind has its own counter: a flood of one kind suppresses no other kind and no mail with a link.
        A mail that is tried again was counted before.
        """
        if mail.kind in messages.COUNTED_AT_REQUEST or queued["attempts"]:
            return True
        try:
            await self._limits.spend_notice(mail.kind, mail.to)
        except QuotaExceeded:
            log.warning(
                "mail %s (%s) is not sent: its recipient has had enough of them today", queued["id"], mail.kind
            )
            self._metrics.limiter("notices-to", metrics.REFUSED)
            return False
        self._metrics.limiter("notices-to", metrics.ALLOWED)
        return True

    async def _failed(self, queued: Any, reason: str, permanent: str | None = None) -> None:
        """Try the mail again later; give it up after MOST_ATTEMPTS, or at once if the failure is `permanent`."""
        attempts = queued["attempts"] + 1
        if permanent or attempts >= MOST_ATTEMPTS:
            log.error("mail %s given up after %s attempts: %s", queued["id"], attempts, reason)
            await self._storage.write(mails.give_up, queued["id"], reason, now=clock.now())
            self._metrics.mail_given_up(permanent or metrics.ATTEMPTS)
            return
        wait = min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT)
        log.warning("mail %s waits %s: %s", queued["id"], wait, reason)
        await self._storage.write(mails.postpone, queued["id"], until=clock.now() + wait)
