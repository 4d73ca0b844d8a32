"""Notices by mail, for owners who enabled them: a key expires soon or is not used, a daily quota is nearly used up.

Each notice has a name, such as `quota:80:k1:2026-11-29`. The name is stored in the transaction that queues the mail,
so that no notice is mailed twice, also with several instances and after a crash.
"""

import asyncio
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from math import ceil

from sqlalchemy import Connection

from core import clock
from services.background import Background
from services.mail.outbox import Outbox
from storage import mails, notices
from storage.database import Storage
from storage.notices import Recipient
from storage.schema.tables import Record

# How often an instance checks whether a pass is due.
LOOK_SECONDS = 600.0
DAY = timedelta(days=1)
# Days before the expiry, the shorter period first. A key whose lifetime is hardly longer gets no notice.
EXPIRY_DAYS = (1, 7)
UNUSED = timedelta(days=90)
QUOTA_KINDS = {80: "quotanear", 100: "quotareached"}


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to an owner, sent once for each `name`; `key_id` is 0 if it concerns the account."""

    name: str
    kind: str
    user_id: int
    key_id: int
    values: dict[str, str] = field(default_factory=dict)


class Notices:
    """Sender of notices to owners who have enabled them."""

    def __init__(self, storage: Storage, background: Background, outbox: Outbox) -> None:
        self._storage, self._background, self._outbox = storage, background, outbox

    async def run(self) -> None:
        """Make a pass over the keys at once if one is due, and later every six hours, until cancelled."""
        await self._background.repeat(
            lambda: self.make_pass(clock.now()), seconds=LOOK_SECONDS, what="notices about keys"
        )

    async def make_pass(self, now: datetime) -> None:
        """Send the notices that are due at `now`, unless another instance makes a pass or has made one recently."""
        after = await self._storage.write(notices.claim, now=now)
        while after is not None:
            found, after = await self._storage.read_in_background(
                notices.causes, after, now=now, soon=now + EXPIRY_DAYS[-1] * DAY, long_ago=now - UNUSED
            )
            due = [notice for key in found for notice in due_of(key, now)]
            given = await self._storage.read_in_background(notices.given, [notice.name for notice in due])
            for notice in due:
                # A notice that cannot be rendered must not delay the others. If the database is unavailable, the next
                # pass continues here.
                if notice.name not in given and not await self._background.attempt(
                    partial(self._give, notice, now), what=notice.name
                ):
                    return
            await self._storage.write(notices.keep, after, now=now)
            if after is None:
                while await self._storage.write(notices.prune, now=now) == notices.SLICE:
                    pass

    async def quota_reached(
        self, user_id: int, key_id: int, policy: str, percent: int, quota: int, now: datetime
    ) -> None:
        """Notify the owner that the daily quota of a key, or of the account if `key_id` is 0, is (nearly) used up.

        Once a day (UTC) for each of them. Never raises: an error is logged, and the notice is not sent.
        """
        whose = f"k{key_id}" if key_id else f"a{user_id}"
        name = f"quota:{percent}:{whose}:{_date(now)}"
        values = {"quota": str(quota), "policy": policy}

        async def give() -> None:
            notice = Notice(name, QUOTA_KINDS[percent], user_id, key_id, values)
            if not await self._storage.read(notices.given, [name]):
                # In its own context, since the notice must not be written in the transaction of the request's
                # idempotency key.
                await asyncio.create_task(self._give(notice, now), context=Context())

        await self._background.attempt(give, what="a notice about a quota")

    async def _give(self, notice: Notice, now: datetime) -> None:
        await self._storage.write(_enqueue, notice, now)
        self._outbox.wake()


def due_of(key: Record, now: datetime) -> list[Notice]:
    """Return the notices that are due for an active key, including those that were sent before."""
    due = []
    days = next((days for days in EXPIRY_DAYS if key["expires_at"] <= now + days * DAY), None)
    if days is not None and key["expires_at"] - key["created_at"] >= (days + 1) * DAY:
        date = _date(key["expires_at"])
        left = {"date": date, "days": str(ceil((key["expires_at"] - now) / DAY))}
        due.append(Notice(f"expires:{days}:{key['id']}:{date}", "keyexpires", key["user_id"], key["id"], left))
    used = key["last_seen"] or key["created_at"]
    if used <= now - UNUSED:
        date = _date(used)
        values = {"date": date}
        due.append(Notice(f"unused:{key['id']}:{date}", "keyunused", key["user_id"], key["id"], values))
    return due


def _enqueue(connection: Connection, notice: Notice, now: datetime) -> None:
    # Read in this transaction: an owner who has just disabled notices gets none.
    recipient = notices.find_recipient(connection, notice.user_id, notice.key_id)
    if recipient is not None and notices.give(connection, notice.name, now=now):
        mails.enqueue(connection, _mail(notice, recipient), user_id=recipient.user_id, now=now)


def _mail(notice: Notice, recipient: Recipient) -> dict[str, object]:
    named = {"key": recipient.key_name} if notice.key_id else {}
    return {
        "kind": notice.kind,
        "language": recipient.language,
        "to": recipient.email,
        "values": named | notice.values,
    }


def _date(moment: datetime) -> str:
    return moment.date().isoformat()
