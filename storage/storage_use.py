"""What each account stores: the number of its records, and their bytes.

Triggers of the database count it (migration `storage_use`), so that every way to add, change or remove a record is
counted in the same transaction, whichever version of this code does it. Counted are sets, patterns, bookmarks and
suggestions, with the encrypted bytes of their columns; images are not.

A record is written first. If its owner is near the quota, which the same statement tells, the count is read then: the
trigger has locked it, so that it is exact however many writes there are at the same moment.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    Table,
    bindparam,
    exists,
    func,
    insert,
    select,
    update,
)

from errors import StorageFull
from storage.encryption import Encrypted
from storage.fair_use import storage_use
from storage.statements import Statement

# What is left of a quota below which the count is read after each write. More than is written at the same moment.
MARGIN_RECORDS, MARGIN_BYTES = 100, 20_000_000


class Storage(NamedTuple):
    """Records and bytes: those that an account stores, or may store."""

    records: int
    bytes: int


UNLIMITED = Storage(2**60, 2**60)
NOTHING = Storage(0, 0)

_of_owner = storage_use.c.user_id == bindparam("owner")
_find = Statement(select(storage_use.c.records, storage_use.c.bytes).where(_of_owner))
_use = [
    select(column).where(_of_owner).scalar_subquery().label(f"use_{column.name}")
    for column in (storage_use.c.records, storage_use.c.bytes)
]


def find(connection: Connection, user_id: int) -> Storage:
    """Return what the account stores."""
    row = _find.first(connection, {"owner": user_id})
    return NOTHING if row is None else Storage(row["records"], row["bytes"])


class Guarded:
    """Writes to a table of records, within the storage quota of their owner (`user_id`)."""

    def __init__(self, table: Table) -> None:
        numbered = table.c.id == bindparam("row_id")
        of_owner = storage_use.c.user_id == table.c.user_id
        is_full = exists().where(of_owner, storage_use.c.bytes >= bindparam("near_bytes", type_=BigInteger))
        self._insert = Statement(insert(table).returning(table.c.id, *_use))
        self._update = Statement(update(table).where(numbered).returning(table.c.id))
        self._update_unless_full = Statement(update(table).where(numbered, ~is_full).returning(table.c.id))
        self._size = Statement(select(_bytes(table).label("bytes")).where(numbered))

    def insert(self, connection: Connection, row: Mapping[str, Any], most: Storage) -> int:
        """Insert the row and return its number; raise StorageFull if its owner stores more than `most` then."""
        inserted = self._insert.all(connection, {**row, "owner": row["user_id"]})[0]
        number = int(inserted["id"])
        # Of this moment or of the moment before: None for a first record.
        records, size = inserted["use_records"] or 0, inserted["use_bytes"] or 0
        if records >= most.records - MARGIN_RECORDS or size >= most.bytes - MARGIN_BYTES:
            self._require_space(connection, row["user_id"], number, most)
        return number

    def _require_space(self, connection: Connection, user_id: int, number: int, most: Storage) -> None:
        use, added = find(connection, user_id), self._size_of(connection, number)
        if use.records > most.records or use.bytes > most.bytes:
            raise StorageFull(Storage(use.records - 1, use.bytes - added), most)

    def update(self, connection: Connection, row: Mapping[str, Any], most: Storage, **fields: Any) -> None:
        """Set `fields` of the row; raise StorageFull if it is larger then and its owner stores more than `most`."""
        number = row["id"]
        numbered = {"row_id": number}
        if self._update_unless_full.all(connection, {**numbered, **fields, "near_bytes": most.bytes - MARGIN_BYTES}):
            return
        before = self._size_of(connection, number)
        self._update.all(connection, {**numbered, **fields})
        added = self._size_of(connection, number) - before
        use = find(connection, row["user_id"])
        if added > 0 and use.bytes > most.bytes:
            raise StorageFull(use._replace(bytes=use.bytes - added), most)

    def _size_of(self, connection: Connection, number: int) -> int:
        return int(self._size.all(connection, {"row_id": number})[0]["bytes"])


def _bytes(table: Table) -> Any:
    return sum(func.length(column, type_=BigInteger) for column in table.c if isinstance(column.type, Encrypted))
