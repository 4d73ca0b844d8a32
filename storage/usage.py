"""Counts of calls, added in batches by `services.usage.counting`, and removed by age."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, Delete, Insert, Table, bindparam, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.schema.access import sessions as session_rows
from storage.schema.fair_use import usage_anonymous, usage_days, usage_hours
from storage.schema.tables import accounts, apikeys

# (user id, hour, key's number or 0 for a token, operation, first digit of the status)
Name = tuple[int, datetime, int, str, int]
# (hour, network, first digit of the status)
AnonymousName = tuple[datetime, str, int]
# [calls, bytes out, microseconds]
Amounts = Sequence[int]

# How many values a statement may hold is limited.
TOGETHER = 1000

_account = (
    update(accounts)
    .where(accounts.c.id == bindparam("user_id"))
    .values(
        jwt_calls=accounts.c.jwt_calls + bindparam("jwt"),
        key_calls=accounts.c.key_calls + bindparam("key"),
        last_seen=bindparam("seen"),
    )
)
_key = (
    update(apikeys)
    .where(apikeys.c.id == bindparam("key_id"))
    .values(calls=apikeys.c.calls + bindparam("more"), last_seen=bindparam("seen"))
)
_session = (
    update(session_rows).where(session_rows.c.id == bindparam("session")).values(last_used_at=bindparam("used"))
)
_NONE: Mapping[UUID, datetime] = MappingProxyType({})
_there = select(accounts.c.id).where(accounts.c.id.in_(bindparam("user_ids", expanding=True)))


def _adding(insert: Any, table: Table) -> Insert:
    """The statement that adds amounts to a row, new or not; `insert` is the engine's own."""
    added = insert(table)
    amounts = ("calls", "bytes_out", "microseconds")
    sums = {name: table.c[name] + added.excluded[name] for name in amounts}
    return cast(Insert, added.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums))


_add = {
    (engine.__name__.rpartition(".")[2], table): _adding(engine.insert, table)
    for engine in (sqlite, postgresql)
    for table in (usage_hours, usage_days, usage_anonymous)
}


def _removing(table: Table) -> Delete:
    """The statement that removes some of the rows from before a moment: not so many that others would wait."""
    name = tuple(table.primary_key)
    old = select(*name).where(table.c.at < bindparam("before")).order_by(table.c.at).limit(TOGETHER)
    return delete(table).where(tuple_(*name).in_(old))


_remove = {table: _removing(table) for table in (usage_hours, usage_days, usage_anonymous)}


def add(
    connection: Connection,
    *,
    calls: Mapping[Name, Amounts],
    seen: Mapping[tuple[int, int], datetime],
    anonymous: Mapping[AnonymousName, Amounts],
    sessions: Mapping[UUID, datetime] = _NONE,
) -> None:
    """Add the calls since the last batch.

    `seen` has the last call of each (user id, key's number), `sessions` the last call of each session.
    Counts of accounts that were removed meanwhile are dropped.
    """
    # Everything in the order of its keys, so that two instances never wait for each other. The accounts come first:
    # from then on they cannot be removed until this is written, so that no row is without its account.
    _add_to_accounts(connection, calls, seen)
    _add_to_keys(connection, calls, seen)
    if sessions:
        used = [{"session": session, "used": sessions[session]} for session in sorted(sessions)]
        connection.execute(_session, used)
    living = set(_living(connection, sorted({name[0] for name in calls})))
    hours = {name: amounts for name, amounts in calls.items() if name[0] in living}
    _upsert(connection, usage_hours, hours)
    _upsert(connection, usage_days, _by_day(hours))
    _upsert(connection, usage_anonymous, anonymous)


def _add_to_accounts(
    connection: Connection, calls: Mapping[Name, Amounts], seen: Mapping[tuple[int, int], datetime]
) -> None:
    rows: dict[int, dict[str, Any]] = {}
    for (user_id, _), last in seen.items():
        row = rows.setdefault(user_id, {"user_id": user_id, "jwt": 0, "key": 0, "seen": last})
        row["seen"] = max(row["seen"], last)
    for (user_id, _, key_id, _, _), (count, *_) in calls.items():
        rows[user_id]["key" if key_id else "jwt"] += count
    if rows:
        connection.execute(_account, [rows[user_id] for user_id in sorted(rows)])


def _add_to_keys(
    connection: Connection, calls: Mapping[Name, Amounts], seen: Mapping[tuple[int, int], datetime]
) -> None:
    seen_keys = {key_id: last for (_, key_id), last in seen.items() if key_id}
    rows: dict[int, dict[str, Any]] = {
        key_id: {"key_id": key_id, "more": 0, "seen": last} for key_id, last in seen_keys.items()
    }
    for (_, _, key_id, _, _), (count, *_) in calls.items():
        if key_id:
            rows[key_id]["more"] += count
    if rows:
        connection.execute(_key, [rows[key_id] for key_id in sorted(rows)])


def _living(connection: Connection, user_ids: list[int]) -> Iterator[int]:
    for start in range(0, len(user_ids), TOGETHER):
        yield from connection.execute(_there, {"user_ids": user_ids[start : start + TOGETHER]}).scalars()


def _by_day(hours: Mapping[Name, Amounts]) -> dict[Name, Amounts]:
    days: defaultdict[Name, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (user_id, hour, *rest), amounts in hours.items():
        day = cast(Name, (user_id, hour.replace(hour=0), *rest))
        days[day] = [one + more for one, more in zip(days[day], amounts, strict=True)]
    return dict(days)


def _upsert(connection: Connection, table: Table, amounts: Mapping[Any, Amounts]) -> None:
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, (*name, *amounts[name]), strict=True)) for name in sorted(amounts)]
    if rows:
        connection.execute(_add[connection.dialect.name, table], rows)


def prune(connection: Connection, *, hours: datetime, days: datetime, anonymous: datetime) -> bool:
    """Remove some of the rows from before these moments; whether there may be more."""
    removed = [
        connection.execute(_remove[table], {"before": before}).rowcount
        for table, before in ((usage_hours, hours), (usage_days, days), (usage_anonymous, anonymous))
    ]
    return max(removed) == TOGETHER
