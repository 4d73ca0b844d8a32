"""Counting all records in slices, without holding up the database.

A pass reads each table in slices, in the order of its numbers, and adds up what it finds: no step takes long however
large a table is, and the figures are exact as of the pass. Both the sums of a pass that is going on and the figures
of the last one are stored, so that every instance has them at once, also after a restart.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Subquery,
    Table,
    and_,
    bindparam,
    case,
    func,
    insert,
    select,
    true,
    update,
)

from core.errors import AlreadyExists
from storage import accounts as people
from storage.engines.driver_errors import savepoint
from storage.schema.tables import accounts, apikeys, bookmarks, curated_sets, patterns, sets, totals

# Rows read by one step, of each table: about a quarter of a second of wide rows.
SLICE = 100_000
MOST_DESIGNS, MOST_USERS = 100, 25
# More than are shown, because some fall away: a count of a slice is not yet one of the table, and of the accounts
# that call most some may have no profile any more by the time they are shown.
_DESIGNS_KEPT, _USERS_KEPT = 1_000, 50
# A design's name is what a client sends: only what looks like a name is shown to everyone.
_DESIGN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,49}")
_FIGURES, _PASSES = "figures", "passes"

# The counts of each table, besides its rows.
_COUNTED: dict[Table, ColumnElement[bool]] = {
    accounts: true(),
    patterns: true(),
    sets: true(),
    curated_sets: curated_sets.c.published,
    bookmarks: true(),
    apikeys: apikeys.c.revoked_at.is_(None),
}
# What operators watch the numbers of: the state of each row, at `now`.
_STATES: dict[Table, ColumnElement[str]] = {
    accounts: case(
        (accounts.c.role == people.BLOCKED, "blocked"),
        (accounts.c.status == people.ACTIVE, "active"),
        (accounts.c.status == people.INACTIVE, "inactive"),
        (accounts.c.status == people.RESTRICTED, "restricted"),
        else_="disabled",
    ),
    apikeys: case(
        (apikeys.c.revoked_at.is_not(None), "revoked"),
        (apikeys.c.expires_at <= bindparam("now", type_=apikeys.c.expires_at.type), "expired"),
        else_="active",
    ),
}


@dataclass(slots=True)
class Work:
    """The figures of each table's last pass, and where the present pass stands: {table: {name: value}}."""

    figures: dict[str, Any] = field(default_factory=dict)
    passes: dict[str, Any] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether every table has been passed at least once."""
        return len(self.figures) == len(_COUNTED)


@dataclass(frozen=True, slots=True)
class Totals:
    """Rows of each table, the designs most drafted, calls by token and by key, and the accounts that call most."""

    rows: dict[str, int]
    designs: dict[str, int]
    jwt_calls: int
    key_calls: int
    # (number, user name, calls with a token); only accounts with a public profile.
    top_users: list[tuple[int, str, int]]


_stored = select(totals.c.data).where(totals.c.name == bindparam("of"))
_visible_names = select(accounts.c.id, accounts.c.username).where(
    accounts.c.id.in_(bindparam("ids", expanding=True)), *people.VISIBLE
)


def find(connection: Connection) -> Totals | None:
    """The last totals, by two look-ups; None before the first pass has ended."""
    figures = connection.execute(_stored, {"of": _FIGURES}).scalar()
    if figures is None or not Work(figures).is_complete:
        return None
    of_accounts = figures["accounts"]
    top: list[tuple[int, int]] = of_accounts["top"]
    # Looked up now: who withdrew the consent a moment ago, or was blocked, is not shown.
    names = {row.id: row.username for row in connection.execute(_visible_names, {"ids": [who for who, _ in top]})}
    return Totals(
        rows={table: sums["rows"] for table, sums in figures.items()},
        designs=dict(list(figures["patterns"]["designs"].items())[:MOST_DESIGNS]),
        jwt_calls=of_accounts["jwt_calls"],
        key_calls=of_accounts["key_calls"],
        top_users=[(user_id, names[user_id], calls) for user_id, calls in top if user_id in names][:MOST_USERS],
    )


def count_accounts(connection: Connection) -> int | None:
    """The number of accounts by the last totals; None before the first pass has ended."""
    figures = connection.execute(_stored, {"of": _FIGURES}).scalar()
    return figures["accounts"]["rows"] if figures and "accounts" in figures else None


def states(connection: Connection) -> dict[str, dict[str, int]]:
    """How many `accounts` and `apikeys` the last pass found in each state; nothing before it has ended."""
    figures = connection.execute(_stored, {"of": _FIGURES}).scalar() or {}
    return {table.name: figures.get(table.name, {}).get("states", {}) for table in _STATES}


def claim(connection: Connection, *, now: datetime, before: datetime) -> Work | None:
    """Claim the counting, unless it was claimed since `before`; return its progress."""
    mine = update(totals).where(totals.c.name == _PASSES, totals.c.computed_at <= before).values(computed_at=now)
    if connection.execute(mine).rowcount == 0 and not _is_first(connection, now):
        return None
    stored = (connection.execute(_stored, {"of": name}).scalar() for name in (_FIGURES, _PASSES))
    return Work(*(data or {} for data in stored))


def _is_first(connection: Connection, now: datetime) -> bool:
    """Return whether there was no count before; then make the rows."""
    rows = [{"name": name, "computed_at": now, "data": {}} for name in (_FIGURES, _PASSES)]
    try:
        with savepoint(connection):
            connection.execute(insert(totals), rows)
    except AlreadyExists:
        return False
    return True


def advance(connection: Connection, work: Work, *, now: datetime, rows: int = SLICE) -> Work:
    """The work after one more slice of each table. Only reads."""
    done = Work(dict(work.figures), dict(work.passes))
    for table, counted in _COUNTED.items():
        name = str(table.name)  # not SQLAlchemy's own kind of string, which is no key of JSON
        sums = {"after": 0, "rows": 0, **done.passes.pop(name, {})}
        if table in _STATES:
            _add_states(connection, table, sums, rows, now)
        whole = _add_slice(connection, table, counted, sums, rows) < rows
        (done.figures if whole else done.passes)[name] = sums
    return done


def keep(connection: Connection, work: Work, *, now: datetime) -> None:
    """Store how far the counting is, and stay the one who counts."""
    for name, data in ((_FIGURES, work.figures), (_PASSES, work.passes)):
        connection.execute(update(totals).where(totals.c.name == name).values(computed_at=now, data=data))


def _add_slice(connection: Connection, table: Table, counted: ColumnElement[bool], sums: Any, rows: int) -> int:
    """Add the next rows of a table to the sums of its pass; how many they were."""
    part = _slice(table, sums["after"], rows, [counted.label("counted")])
    found, matching, last = connection.execute(
        select(func.count(), func.count().filter(part.c.counted), func.max(part.c.id)).select_from(part)
    ).one()
    if table is accounts:
        _add_calls(connection, sums, rows)
    if table is patterns:
        _add_designs(connection, sums, rows)
    sums["rows"] += matching
    sums["after"] = last or sums["after"]
    return int(found)


def _add_states(connection: Connection, table: Table, sums: Any, rows: int, now: datetime) -> None:
    part = _slice(table, sums["after"], rows, [_STATES[table].label("state")])
    counts = Counter(sums.get("states", {}))
    for state, count in connection.execute(select(part.c.state, func.count()).group_by(part.c.state), {"now": now}):
        counts[state] += count
    sums["states"] = dict(counts)


def _slice(table: Table, after: int, rows: int, columns: list[Any]) -> Subquery:
    return select(table.c.id, *columns).where(table.c.id > after).order_by(table.c.id).limit(rows).subquery()


def _add_calls(connection: Connection, sums: Any, rows: int) -> None:
    columns = [accounts.c.jwt_calls, accounts.c.key_calls, and_(*people.VISIBLE).label("is_visible")]
    part = _slice(accounts, sums["after"], rows, columns)
    by_token, by_key = connection.execute(select(func.sum(part.c.jwt_calls), func.sum(part.c.key_calls))).one()
    sums["jwt_calls"] = sums.get("jwt_calls", 0) + int(by_token or 0)
    sums["key_calls"] = sums.get("key_calls", 0) + int(by_key or 0)
    most = (
        select(part.c.id, part.c.jwt_calls)
        .where(part.c.is_visible, part.c.jwt_calls > 0)
        .order_by(part.c.jwt_calls.desc(), part.c.id)
        .limit(_USERS_KEPT)
    )
    found = [*sums.get("top", []), *map(list, connection.execute(most))]
    sums["top"] = sorted(found, key=lambda user: (-user[1], user[0]))[:_USERS_KEPT]


def _add_designs(connection: Connection, sums: Any, rows: int) -> None:
    part = _slice(patterns, sums["after"], rows, [patterns.c.design])
    most = select(part.c.design, func.count()).group_by(part.c.design).order_by(func.count().desc())
    counts = Counter(sums.get("designs", {}))
    for design, count in connection.execute(most.limit(_DESIGNS_KEPT)):
        if _DESIGN_NAME.fullmatch(design):
            counts[design] += count
    sums["designs"] = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_DESIGNS_KEPT])
