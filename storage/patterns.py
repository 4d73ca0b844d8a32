"""Patterns: a design, its settings, and the sets that it was drafted from.

A pattern carries its set and its curated set as rows, `set` and `cset`, or None; who may see them is not judged here.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, delete, insert, select, update

from clock import new_uuid
from errors import NoSuchRecord
from storage.sets import RecordId
from storage.statements import inserted_id
from storage.tables import ALL, Record, accounts, curated_sets, patterns, sets

Pattern = Record
# Databases take some ten thousand values in one statement; no page of a list needs more than this.
AT_ONCE = 1000

_with_owner = select(patterns, accounts.c.uuid.label("user_uuid")).join_from(patterns, accounts)
_by_id = _with_owner.where(patterns.c.id == bindparam("value"))
_by_uuid = _with_owner.where(patterns.c.uuid == bindparam("value"))
_list = (
    _with_owner.where(patterns.c.user_id == bindparam("user_id"), patterns.c.id > bindparam("after"))
    .order_by(patterns.c.id)
    .limit(bindparam("limit"))
)
_lock = _by_id.with_for_update(of=patterns)
_create = insert(patterns)
_update = update(patterns).where(patterns.c.id == bindparam("pattern_id"))
_delete = delete(patterns).where(patterns.c.id == bindparam("pattern_id"))
_ids: BindParameter[Any] = bindparam("ids", expanding=True)
_sets = select(sets, accounts.c.uuid.label("user_uuid")).join_from(sets, accounts).where(sets.c.id.in_(_ids))
_csets = select(curated_sets).where(curated_sets.c.id.in_(_ids))


def find(connection: Connection, pattern_id: RecordId) -> Pattern:
    """The pattern with this number or uuid, with its owner's uuid as `user_uuid`; raises NoSuchRecord."""
    return _found(connection, _by_id if isinstance(pattern_id, int) else _by_uuid, pattern_id)


def _found(connection: Connection, query: Select[Any], pattern_id: RecordId) -> Pattern:
    rows = connection.execute(query, {"value": pattern_id}).mappings().all()
    if not rows:
        raise NoSuchRecord("There is no such pattern.")
    return _with_sets(connection, rows)[0]


def lock(connection: Connection, pattern_id: int) -> Pattern:
    """The pattern, held until the transaction ends; raises NoSuchRecord."""
    return _found(connection, _lock, pattern_id)


def list_of(connection: Connection, user_id: int, *, limit: int = ALL, after: int = 0) -> list[Pattern]:
    """The account's patterns, oldest first: at most `limit` of those numbered above `after`."""
    asked = {"user_id": user_id, "limit": limit, "after": after}
    return _with_sets(connection, connection.execute(_list, asked).mappings().all())


def create(connection: Connection, /, *, user_id: int, now: datetime, **fields: Any) -> Pattern:
    """A new pattern of the account, without `user_uuid`.

    `fields` are design, name, notes, img, data, settings, public, and as rows, or None, `set` and `cset`.
    """
    drafted_from = {name: fields.pop(name) for name in ("set", "cset")}
    row = {"uuid": new_uuid(), "user_id": user_id, "created_at": now, "updated_at": now, **fields}
    row |= {f"{name}_id": found and found["id"] for name, found in drafted_from.items()}
    pattern_id = inserted_id(connection.execute(_create, row))
    # What was written is what would be read: no second query.
    return {"id": pattern_id, **row, **drafted_from}


def edit(
    connection: Connection, pattern_id: int, *, fields: dict[str, Any], now: datetime
) -> tuple[Pattern, Pattern]:
    """Set `fields`; the pattern as it is, and as it was. Raises NoSuchRecord."""
    present = lock(connection, pattern_id)
    connection.execute(_update, {"pattern_id": pattern_id, "updated_at": now, **fields})
    return {**present, "updated_at": now, **fields}, present


def remove(connection: Connection, pattern_id: int) -> Pattern:
    """Remove the pattern; as it was at the end. Raises NoSuchRecord if it is already gone."""
    present = lock(connection, pattern_id)
    connection.execute(_delete, {"pattern_id": pattern_id})
    return present


def _with_sets(connection: Connection, rows: Sequence[Record]) -> list[Pattern]:
    """The patterns with their sets, which take a query of each kind, however many patterns there are."""
    found_sets = _by_number(connection, _sets, {row["set_id"] for row in rows})
    found_csets = _by_number(connection, _csets, {row["cset_id"] for row in rows})
    return [{**row, "set": found_sets.get(row["set_id"]), "cset": found_csets.get(row["cset_id"])} for row in rows]


def _by_number(connection: Connection, query: Select[Any], numbers: set[int | None]) -> dict[int, Record]:
    ids = sorted(number for number in numbers if number is not None)
    return {
        row["id"]: row
        for first in range(0, len(ids), AT_ONCE)
        for row in connection.execute(query, {"ids": ids[first : first + AT_ONCE]}).mappings()
    }
