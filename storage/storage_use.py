"""What each account stores: the number of its records, and their bytes.

Triggers of the database count it (`storage/schema/storage_use_triggers.py`), so that every way to add, change or
remove a record is counted in the same transaction, whichever version of this code does it. Counted are sets,
patterns, bookmarks and suggestions, with the encrypted bytes of their columns; images are not.

A record is written first. The statement that inserts or locks it also returns what its owner stores. On PostgreSQL it
is counted at the end of the transaction, so that the writes of one account wait for each other as short as possible.
Near the quota, it is counted at once and the count is read again: the trigger has locked it by then, so that it is
exact whatever is written at the same time.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    Label,
    Table,
    bindparam,
    func,
    insert,
    select,
    update,
)

from core.errors import StorageFull
from storage.engines.statements import Statement
from storage.schema.encryption import Encrypted
from storage.schema.fair_use import storage_use
from storage.schema.tables import Record

# If less of a quota is left, the count is read after each write. More than is written at the same moment.
MARGIN_RECORDS, MARGIN_BYTES = 100, 20_000_000


class Storage(NamedTuple):
    """Records and bytes: those that an account stores, or may store."""

    records: int
    bytes: int


# In a row that was locked: what its owner stores, or None for nothing.
OWNER_BYTES = "owner_bytes"
UNLIMITED = Storage(2**60, 2**60)
NOTHING = Storage(0, 0)

_of_owner = storage_use.c.user_id == bindparam("owner")
_find = Statement(select(storage_use.c.records, storage_use.c.bytes).where(_of_owner))
_use = [
    select(column).where(_of_owner).scalar_subquery().label(f"use_{column.name}")
    for column in (storage_use.c.records, storage_use.c.bytes)
]


def owner_bytes(table: Table) -> Label[int | None]:
    """Return the column OWNER_BYTES, for the statement that locks a row of this table."""
    of_owner = storage_use.c.user_id == table.c.user_id
    return select(storage_use.c.bytes).where(of_owner).scalar_subquery().label(OWNER_BYTES)


def find(connection: Connection, user_id: int) -> Storage:
    """Return what the account stores."""
    row = _find.first(connection, {"owner": user_id})
    return NOTHING if row is None else Storage(row["records"], row["bytes"])


def _find_exactly(connection: Connection, user_id: int) -> Storage:
    """Return what the account stores with all that this transaction wrote; no other changes it from then on."""
    if connection.dialect.name == "postgresql":
        # Runs the deferred triggers; SQLite has none.
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    return find(connection, user_id)


class QuotaTable:
    """Inserts and updates of a table of records, limited by the storage quota of their owner (`user_id`)."""

    def __init__(self, table: Table) -> None:
        numbered = table.c.id == bindparam("row_id")
        self._insert = Statement(insert(table).returning(table.c.id, *_use))
        # Without RETURNING, which takes as long as the update itself on SQLite.
        self._update = Statement(update(table).where(numbered))
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
        use, added = _find_exactly(connection, user_id), self._size_of(connection, number)
        if use.records > most.records or use.bytes > most.bytes:
            raise StorageFull(Storage(use.records - 1, use.bytes - added), most)

    def update(self, connection: Connection, locked: Record, most: Storage, **fields: Any) -> None:
        """Set `fields` of the row; raise StorageFull if it is larger then and its owner stores more than `most`.

        `locked` is the row as it was locked, with OWNER_BYTES.
        """
        number = locked["id"]
        is_near = (locked[OWNER_BYTES] or 0) >= most.bytes - MARGIN_BYTES
        before = self._size_of(connection, number) if is_near else 0
        self._update.all(connection, {"row_id": number, **fields})
        if is_near:
            self._require_space_to_grow(
                connection, locked["user_id"], self._size_of(connection, number) - before, most
            )

    def _require_space_to_grow(self, connection: Connection, user_id: int, added: int, most: Storage) -> None:
        use = _find_exactly(connection, user_id)
        if added > 0 and use.bytes > most.bytes:
            raise StorageFull(use._replace(bytes=use.bytes - added), most)

    def _size_of(self, connection: Connection, number: int) -> int:
        return int(self._size.all(connection, {"row_id": number})[0]["bytes"])


def _bytes(table: Table) -> Any:
    return sum(func.length(column, type_=BigInteger) for column in table.c if isinstance(column.type, Encrypted))
