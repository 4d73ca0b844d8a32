"""`usage`: the accounts, API keys and networks with the most calls."""

from datetime import datetime
from typing import Annotated, Any, Literal

import typer
from sqlalchemy import Connection

from commands import tables, work
from core import clock
from services.usage import spans
from storage import audit_log, usage_reports
from storage.database import Storage
from storage.schema.tables import Record

Group = Literal["accounts", "keys", "anonymous"]
Period = Literal["now", "day", "week", "month"]
# The columns that name a group.
NAMES: dict[Group, tuple[str, ...]] = {
    "accounts": ("user_id", "username"),
    "keys": ("key", "name", "user_id", "username"),
    "anonymous": ("prefix",),
}
TITLES = {"user_id": "account", "username": "user name", "prefix": "network"}
AMOUNTS = ("calls", "errors", "bytes", "seconds")
MAX_LISTED = 100
app = typer.Typer(help="Show who uses how much.")


@app.command(help=f"List the {MAX_LISTED} with the most calls in the hours or days up to now (UTC).")
def top(
    group: Annotated[
        Group, typer.Argument(help="Accounts, API keys, or the networks of anonymous calls.")
    ] = "accounts",
    period: Annotated[
        Period, typer.Option(help="What is counted; `now` is the current hour and the one before.")
    ] = "week",
) -> None:
    found = work.run(lambda storage, _: _heaviest(storage, group, period))
    names = NAMES[group]
    has_before = group != "anonymous"
    columns = [TITLES.get(name, name) for name in names] + [*AMOUNTS, *(["before"] if has_before else [])]
    rows = [[*(row[name] for name in names), *_amounts(row, has_before=has_before)] for row in found]
    tables.rows(columns, rows)


def _amounts(row: Record, *, has_before: bool) -> list[str | int]:
    counted = [int(row[name]) for name in ("calls", "errors", "bytes_out")]
    seconds = f"{int(row['microseconds']) / 1_000_000:.3f}"
    return [*counted, seconds, *([int(row["calls_before"])] if has_before else [])]


async def _heaviest(storage: Storage, group: Group, period: Period) -> list[Record]:
    now = clock.now()
    before, span = spans.period(period, now)
    bounds: dict[str, Any] = {"begin": span.begin, "end": span.end, "limit": MAX_LISTED}
    await storage.write(_record, work.operator(), now)
    if group == "anonymous":
        return await storage.read_in_background(usage_reports.heaviest_networks, **bounds)
    query = {"accounts": usage_reports.heaviest_accounts, "keys": usage_reports.heaviest_keys}[group]
    return await storage.read_in_background(query, span.granularity, before=before, **bounds)


def _record(connection: Connection, by: audit_log.Actor, now: datetime) -> None:
    audit_log.record(connection, by, audit_log.LIST_USAGE, subjects=[audit_log.NOBODY], now=now)
