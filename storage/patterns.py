"""Patterns: a design, its settings, and the sets that it was drafted from.

A pattern carries its set and its curated set as rows, `set` and `cset`, or None; who may see them is not judged here.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Label, Table, bindparam, delete, select

from core.clock import new_uuid
from core.errors import NoSuchRecord
from storage import image_removals
from storage.engines.slices import Slice, SlicedList
from storage.engines.statements import Statement
from storage.schema.tables import Record, accounts, curated_sets, patterns, sets
from storage.sets import RecordId
from storage.storage_use import UNLIMITED, Guarded, Storage, owner_bytes

Pattern = Record

_SET, _CSET = "set.", "cset."
_set_owners = accounts.alias("set_owners")
_drafted_from = patterns.outerjoin(sets, sets.c.id == patterns.c.set_id).outerjoin(
    curated_sets, curated_sets.c.id == patterns.c.cset_id
)


def _labelled(prefix: str, table: Table) -> list[Label[Any]]:
    return [column.label(prefix + column.name) for column in table.c]


_with_sets = select(
    patterns,
    accounts.c.uuid.label("user_uuid"),
    *_labelled(_SET, sets),
    _set_owners.c.uuid.label(f"{_SET}user_uuid"),
    *_labelled(_CSET, curated_sets),
).select_from(
    _drafted_from.join(accounts, accounts.c.id == patterns.c.user_id).outerjoin(
        _set_owners, _set_owners.c.id == sets.c.user_id
    )
)


def _columns(prefix: str) -> list[tuple[str, str]]:
    """Each column of a part of the joined row: its own name, and its name in that row."""
    names = [str(name) for name, _ in _with_sets.exported_columns.items()]
    return [(name.removeprefix(prefix), name) for name in names if name.rpartition(".")[0] == prefix.rstrip(".")]


_PATTERN_COLUMNS, _SET_COLUMNS, _CSET_COLUMNS = _columns(""), _columns(_SET), _columns(_CSET)


def _arranged(row: Record) -> Pattern:
    """The pattern of a joined row, with its sets as rows of their own."""
    return {
        **_part(row, _PATTERN_COLUMNS),
        "set": None if row["set.id"] is None else _part(row, _SET_COLUMNS),
        "cset": None if row["cset.id"] is None else _part(row, _CSET_COLUMNS),
    }


def _part(row: Record, columns: list[tuple[str, str]]) -> Record:
    return {column: row[name] for column, name in columns}


_numbered = _with_sets.where(patterns.c.id == bindparam("value"))
_by_id = Statement(_numbered)
_by_uuid = Statement(_with_sets.where(patterns.c.uuid == bindparam("value")))
_lock = Statement(_numbered.with_for_update(of=patterns))
_lock_to_edit = Statement(_numbered.add_columns(owner_bytes(patterns)).with_for_update(of=patterns))
_list = SlicedList(
    _with_sets, patterns, patterns.c.user_id == bindparam("user_id"), sized=_drafted_from, arrange=_arranged
)
_guarded = Guarded(patterns)
_delete = delete(patterns).where(patterns.c.id == bindparam("pattern_id"))


def find(connection: Connection, pattern_id: RecordId) -> Pattern:
    """The pattern with this number or uuid, with its owner's uuid as `user_uuid`; raises NoSuchRecord."""
    return _arranged(_found(connection, _by_id if isinstance(pattern_id, int) else _by_uuid, pattern_id))


def _found(connection: Connection, query: Statement, pattern_id: RecordId) -> Record:
    row = query.first(connection, {"value": pattern_id})
    if row is None:
        raise NoSuchRecord("There is no such pattern.")
    return row


def lock(connection: Connection, pattern_id: int) -> Pattern:
    """The pattern, held until the transaction ends; raises NoSuchRecord."""
    return _arranged(_found(connection, _lock, pattern_id))


def list_of(connection: Connection, /, user_id: int, **part: int) -> Slice:
    """A slice of the account's patterns, oldest first; `part` is as in `SlicedList.read`."""
    return _list.read(connection, user_id=user_id, **part)


def create(
    connection: Connection, /, *, user_id: int, now: datetime, most: Storage = UNLIMITED, **fields: Any
) -> Pattern:
    """A new pattern of the account, without `user_uuid`.

    `fields` are design, name, notes, img, data, settings, public, and as rows, or None, `set` and `cset`. Raise
    StorageFull if the account stores more than `most` then.
    """
    drafted_from = {name: fields.pop(name) for name in ("set", "cset")}
    row = {"uuid": new_uuid(), "user_id": user_id, "created_at": now, "updated_at": now, **fields}
    row |= {f"{name}_id": found and found["id"] for name, found in drafted_from.items()}
    # What was written is what would be read: no second query.
    return {"id": _guarded.insert(connection, row, most), **row, **drafted_from}


def edit(
    connection: Connection, pattern_id: int, *, fields: dict[str, Any], now: datetime, most: Storage = UNLIMITED
) -> tuple[Pattern, Pattern]:
    """Set `fields`; the pattern as it is, and as it was.

    Raises NoSuchRecord, and StorageFull if it is larger now and its owner stores more than `most`.
    """
    locked = _found(connection, _lock_to_edit, pattern_id)
    present = _arranged(locked)
    if "img" in fields:
        image_removals.schedule(connection, [present["img"]])
    _guarded.update(connection, locked, most, updated_at=now, **fields)
    return {**present, "updated_at": now, **fields}, present


def remove(connection: Connection, pattern_id: int) -> Pattern:
    """Remove the pattern; as it was at the end. Raises NoSuchRecord if it is already gone."""
    present = lock(connection, pattern_id)
    image_removals.schedule(connection, [present["img"]])
    connection.execute(_delete, {"pattern_id": pattern_id})
    return present
