"""Requests for higher quotas and their decisions, with the mails; and the removal of expired quotas."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from core import clock
from services.background import Background
from services.mail import messages
from services.mail.maintainer import Maintainer
from storage import accounts, administration, mails, quota_requests, quotas
from storage.audit_log import Actor
from storage.database import Storage
from storage.quota_requests import GRANTED, Decision, QuotaRequest, Wish

# How many administrators hear of a request.
MOST_MAILED = 20
PRUNING_SECONDS = 60
# Accounts a round.
MOST_PRUNED = 100
log = logging.getLogger(__name__)


class QuotaDecisions:
    """Requests for higher quotas, and the removal of expired quotas."""

    def __init__(self, storage: Storage, background: Background, maintainer: Maintainer) -> None:
        self._storage, self._background, self._maintainer = storage, background, maintainer

    def ask(
        self, connection: Connection, user_id: int, key: UUID | None, wish: Wish, *, now: datetime
    ) -> QuotaRequest:
        """Store a request, and queue mails to the administrators, or else to the maintainer. Part of a write.

        Raises NoSuchRecord, RequestOpen. Wake the outbox when it is written.
        """
        asked = quota_requests.ask(connection, user_id, key, wish, now=now)
        owner = accounts.find(connection, user_id)
        values = {
            "username": owner["username"],
            "number": str(user_id),
            "purpose": wish.purpose,
            "days": str(wish.days),
            "request": str(asked["uuid"]),
        }
        for address, language in self._administrators(connection):
            mail = {
                "kind": "quotarequest",
                "language": language,
                "to": address,
                "reply_to": owner["email"],
                "values": {**values, "wanted": f"{wish.quota} {_words(asked, language)}"},
            }
            mails.enqueue(connection, mail, user_id=user_id, now=now)
        return asked

    def _administrators(self, connection: Connection) -> list[tuple[str, str]]:
        found = administration.administrators(connection, MOST_MAILED)
        people = [(row["email"], row["language"]) for row in found]
        return people or [(self._maintainer.email, self._maintainer.language)]

    def decide(
        self, connection: Connection, uuid: UUID, decision: Decision, *, by: Actor, now: datetime
    ) -> QuotaRequest:
        """Grant or decline a request (see `storage.quota_requests`), and queue a mail to its owner. Part of a write.

        Raises NoSuchRecord, RequestDecided. Wake the outbox when it is written.
        """
        decided = quota_requests.decide(connection, uuid, decision, by=by, now=now)
        owner = accounts.find(connection, decided["user_id"])
        values = {
            "quota": str(decided["quota"]),
            "policy": _words(decided, owner["language"]),
            "answer": decision.answer,
            "until": (now + timedelta(days=decided["days"])).date().isoformat(),
            "contact": self._maintainer.email,
        }
        mail = {
            "kind": "quotagranted" if decision.state == GRANTED else "quotadeclined",
            "language": owner["language"],
            "to": owner["email"],
            "values": values,
        }
        mails.enqueue(connection, mail, user_id=owner["id"], now=now)
        return decided

    async def prune(self, now: datetime) -> None:
        """Forget what has ended, of MOST_PRUNED accounts at most."""
        for _ in range(MOST_PRUNED):
            if not await self._storage.write(quotas.prune, now):
                return

    async def run(self) -> None:
        """Forget what has ended, once a minute, until cancelled."""
        await self._background.repeat(
            lambda: self.prune(clock.now()), seconds=PRUNING_SECONDS, what="forgetting quotas"
        )


def _words(request: QuotaRequest, language: str) -> str:
    """What the request is about, with the key that it is for."""
    words = messages.policy(request["policy"], language)
    return f"{words} ({request['key']})" if request["key"] else words
