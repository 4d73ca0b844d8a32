"""`usage`: who uses the most."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

import storage
from commands import tables
from commands.work import Parsers, command, connected, group, operator
from core import clock
from services.usage import spans
from settings import Settings
from storage import audit_log, usage_reports
from storage.schema.tables import Record

# Of whom, and what they are known by.
NAMES = {
    "accounts": ("user_id", "username"),
    "keys": ("key", "name", "user_id", "username"),
    "anonymous": ("prefix",),
}
TITLES = {"user_id": "account", "username": "user name", "prefix": "network"}
AMOUNTS = ("calls", "errors", "bytes", "seconds")
MOST = 100


def add(parsers: Parsers) -> None:
    """`usage top`."""
    usage = group(parsers, "usage", "look at who uses how much")
    top = command(usage, "top", _top, f"list the {MOST} that made most calls in the days up to today (UTC)")
    top.add_argument("whom", nargs="?", choices=NAMES, default="accounts", help="of whom; accounts if not said")
    top.add_argument("--period", choices=spans.PERIODS, default="week")


def _top(settings: Settings, options: Any) -> None:
    found = connected(settings, lambda: _heaviest(options.whom, options.period))
    names = NAMES[options.whom]
    has_before = options.whom != "anonymous"
    columns = [TITLES.get(name, name) for name in names] + [*AMOUNTS, *(["before"] if has_before else [])]
    rows = [[*(row[name] for name in names), *_amounts(row, has_before=has_before)] for row in found]
    tables.rows(columns, rows)


def _amounts(row: Record, *, has_before: bool) -> list[str | int]:
    counted = [int(row[name]) for name in ("calls", "errors", "bytes_out")]
    seconds = f"{int(row['microseconds']) / 1_000_000:.3f}"
    return [*counted, seconds, *([int(row["calls_before"])] if has_before else [])]


async def _heaviest(whom: str, period: str) -> list[Record]:
    now = clock.now()
    before, begin, end = spans.period(period, now)
    await storage.write(_record, operator(), now)
    if whom == "anonymous":
        return await storage.read_aside(usage_reports.heaviest_networks, begin=begin, end=end, limit=MOST)
    query = {"accounts": usage_reports.heaviest_accounts, "keys": usage_reports.heaviest_keys}[whom]
    return await storage.read_aside(query, before=before, begin=begin, end=end, limit=MOST)


def _record(connection: Connection, by: audit_log.Actor, now: datetime) -> None:
    audit_log.record(connection, by, audit_log.LIST_USAGE, subjects=[audit_log.NOBODY], now=now)
