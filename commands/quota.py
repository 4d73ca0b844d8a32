"""`quota`: what owners asked for, and the answers, which are mailed to them by the running server."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

import storage
from commands import tables
from commands.work import Parsers, command, connected, group, number, operator, sentence, uuid
from core import clock
from settings import Settings
from storage import audit_log, quota_requests
from storage.quota_requests import DECLINED, GRANTED, OPEN, Decision, QuotaRequest

# As in the document.
MOST_UNITS, MOST_DAYS, LONGEST_ANSWER = 1_000_000_000, 366, 1000
# Shown at a time: who has more open requests than that answers the oldest first.
MOST_LISTED = 1000
COLUMNS = ("request", "asked", "account", "key", "policy", "quota", "days", "state", "purpose")


def add(parsers: Parsers) -> None:
    """`quota list|grant|decline`."""
    quota = group(parsers, "quota", "answer those who ask for a higher quota")
    listed = command(quota, "list", _list, "list requests for a higher quota, oldest first")
    listed.add_argument("--state", choices=(OPEN, GRANTED, DECLINED), default=OPEN)
    grant = command(
        quota, "grant", _grant, "grant a request; it holds from the next call on, and the owner is mailed"
    )
    decline = command(quota, "decline", _decline, "decline a request; the owner is mailed")
    for made in (grant, decline):
        made.add_argument("request", type=uuid)
        made.add_argument("--answer", required=True, type=sentence(LONGEST_ANSWER), help="a sentence for the owner")
    grant.add_argument("--quota", type=number(0, MOST_UNITS), help="units, where not those that were asked for")
    grant.add_argument("--days", type=number(1, MOST_DAYS), help="days, where not as many as were asked for")


def _list(settings: Settings, options: Any) -> None:
    found = connected(settings, lambda: storage.write(_read, options.state, operator(), clock.now()))
    shown = ("uuid", "created_at", "user_id", "key", "policy", "quota", "days", "state", "purpose")
    tables.rows(COLUMNS, [[request[name] for name in shown] for request in found])


def _read(connection: Connection, state: str, by: audit_log.Actor, now: datetime) -> list[QuotaRequest]:
    audit_log.record(connection, by, audit_log.LIST_QUOTA_REQUESTS, subjects=[audit_log.NOBODY], now=now)
    return list(quota_requests.page(connection, state, limit=MOST_LISTED))


def _grant(settings: Settings, options: Any) -> None:
    _decide(settings, options, Decision(GRANTED, options.answer, options.quota, options.days))


def _decline(settings: Settings, options: Any) -> None:
    _decide(settings, options, Decision(DECLINED, options.answer))


def _decide(settings: Settings, options: Any, decision: Decision) -> None:
    from services import container  # takes a second, for which other commands need not wait

    async def work() -> QuotaRequest:
        decide = container.of(settings, storage.present()).quota_decisions.decide
        return await storage.write(decide, options.request, decision, by=operator(), now=clock.now())

    decided = connected(settings, work)
    granted = (
        f": {decided['policy']} {decided['quota']} for {decided['days']} days" if decision.state == GRANTED else ""
    )
    print(
        f"Request {options.request} of account {decided['user_id']} is {decision.state}{granted}; the owner is mailed"
    )
