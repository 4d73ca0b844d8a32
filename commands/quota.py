"""`quota`: requests for higher quotas, and their answers, which a running server mails to the owners."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import typer
from sqlalchemy import Connection

from commands import tables, work
from commands.options import text
from core import clock
from settings import Settings
from storage import audit_log, quota_requests
from storage.database import Storage
from storage.quota_requests import DECLINED, GRANTED, Decision, QuotaRequest

# As in the document.
MAX_UNITS, MAX_DAYS, MAX_ANSWER = 1_000_000_000, 366, 1000
# Requests shown at a time: with more open requests, answer the oldest first.
MAX_LISTED = 1000
COLUMNS = ("request", "asked", "account", "key", "policy", "quota", "days", "state", "purpose")
Request = Annotated[UUID, typer.Argument(help="The request, as `quota list` prints it.")]
Answer = Annotated[str, typer.Option(parser=text(MAX_ANSWER), help="A sentence for the owner.")]
app = typer.Typer(help="Answer requests for higher quotas.")


@app.command("list")
def list_requests(
    state: Annotated[Literal["open", "granted", "declined"], typer.Option(help="List only these.")] = "open",
) -> None:
    """List requests for a higher quota, oldest first."""
    found = work.run(lambda storage, _: storage.write(_read, state, work.operator(), clock.now()))
    shown = ("uuid", "created_at", "user_id", "key", "policy", "quota", "days", "state", "purpose")
    tables.rows(COLUMNS, [[request[name] for name in shown] for request in found])


def _read(connection: Connection, state: str, by: audit_log.Actor, now: datetime) -> list[QuotaRequest]:
    audit_log.record(connection, by, audit_log.LIST_QUOTA_REQUESTS, subjects=[audit_log.NOBODY], now=now)
    return list(quota_requests.page(connection, state, limit=MAX_LISTED))


@app.command()
def grant(
    request: Request,
    answer: Answer,
    quota: Annotated[
        int | None, typer.Option(min=0, max=MAX_UNITS, help="Units; by default as many as the request asks for.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=MAX_DAYS, help="Days; by default as many as the request asks for.")
    ] = None,
) -> None:
    """Grant a request. The quota holds from the next call on; the owner is mailed."""
    decided = _decide(request, Decision(GRANTED, answer, quota, days))
    granted = f"granted: {decided['policy']} {decided['quota']} for {decided['days']} days"
    print(f"Request {request} of account {decided['user_id']} is {granted}; the owner is mailed")


@app.command()
def decline(request: Request, answer: Answer) -> None:
    """Decline a request. The owner is mailed."""
    decided = _decide(request, Decision(DECLINED, answer))
    print(f"Request {request} of account {decided['user_id']} is declined; the owner is mailed")


def _decide(request: UUID, decision: Decision) -> QuotaRequest:
    async def decide(storage: Storage, settings: Settings) -> QuotaRequest:
        decide = work.services(storage, settings).quota_decisions.decide
        return await storage.write(decide, request, decision, by=work.operator(), now=clock.now())

    return work.run(decide)
