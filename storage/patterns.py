"""Patterns: a design, its settings, and the sets that it was drafted from.

A pattern carries its set and its curated set as rows, `set` and `cset`, or None. The caller decides who can see them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Label, Table, select

from storage.records import OwnedRecords
from storage.schema.tables import Record, accounts, curated_sets, patterns, sets
from storage.storage_use import UNLIMITED, Storage

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


records = OwnedRecords(patterns, "pattern", rows=_with_sets, sized=_drafted_from, arrange=_arranged)
find, find_encoded, find_owner = records.find, records.find_encoded, records.find_owner
lock, list_of = records.lock, records.list_of
edit, remove = records.change, records.remove


def create(
    connection: Connection,
    /,
    *,
    set: Record | None,
    cset: Record | None,
    now: datetime,
    most: Storage = UNLIMITED,
    **fields: Any,
) -> Pattern:
    """Add a pattern that was drafted from these rows, without `user_uuid`.

    `fields` are user_id, design, name, notes, img, data, settings, public. Raises StorageFull if the account stores
    more than `most` then.
    """
    ids = {"set_id": set and set["id"], "cset_id": cset and cset["id"]}
    return {**records.create(connection, now=now, most=most, **fields, **ids), "set": set, "cset": cset}
