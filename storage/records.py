"""Records of one kind: the statements that find, lock, list, create, change and remove them.

A record has a number (`id`), a UUID, and the times of its creation and last change. If it has an image (`img`), the
image is scheduled for removal when the record no longer refers to it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, FromClause, Label, Select, Table, bindparam, delete, insert, select, update

from core.clock import new_uuid
from core.errors import NoSuchRecord
from storage import image_removals
from storage.engines.slices import Slice, SlicedList
from storage.engines.statements import Statement
from storage.schema.tables import Record
from storage.storage_use import OWNER_BYTES, UNLIMITED, QuotaTable, Storage, owner_bytes

RecordId = int | UUID


class Records:
    """The records of a table."""

    def __init__(
        self,
        table: Table,
        noun: str,
        *,
        rows: Select[Any],
        locked: tuple[Label[Any], ...] = (),
        arrange: Callable[[Record], Record] | None = None,
    ) -> None:
        """`noun` names a record in errors. `rows` selects the columns of a record, `locked` more of a locked one.

        `arrange` is as in `SlicedList`.
        """
        self._noun = noun
        self._arrange = arrange
        # A column that a new record does not state is null.
        self._nulls = {column.name: None for column in table.c if column.nullable}
        numbered = rows.where(table.c.id == bindparam("value"))
        self._by_id = Statement(numbered)
        self._by_uuid = Statement(rows.where(table.c.uuid == bindparam("value")))
        self._lock = Statement(numbered.add_columns(*locked).with_for_update(of=table))
        self._delete = delete(table).where(table.c.id == bindparam("row_id"))

    def find(self, connection: Connection, record_id: RecordId, *, encoded: bool = False) -> Record:
        """Return the record with this number or UUID, of any owner; raise NoSuchRecord.

        With `encoded`, it is for a response in JSON: see `Fetched.records`.
        """
        query = self._by_id if isinstance(record_id, int) else self._by_uuid
        found = self._first(connection, query, record_id, encoded=encoded)
        return found if self._arrange is None else self._arrange(found)

    def lock(self, connection: Connection, number: int) -> Record:
        """Return the record, locked until the transaction ends; raise NoSuchRecord."""
        return self._first(connection, self._lock, number)

    def remove(self, connection: Connection, record: Record) -> None:
        """Remove the record; raise NoSuchRecord if it is already gone."""
        if connection.execute(self._delete, {"row_id": record["id"]}).rowcount == 0:
            raise self._missing()
        if "img" in record:
            image_removals.schedule(connection, [record["img"]])

    def _first(self, connection: Connection, query: Statement, value: RecordId, *, encoded: bool = False) -> Record:
        row = query.first(connection, {"value": value}, encoded=encoded)
        if row is None:
            raise self._missing()
        return row

    def _new(self, now: datetime, fields: dict[str, Any]) -> dict[str, Any]:
        return {**self._nulls, "uuid": new_uuid(), "created_at": now, "updated_at": now, **fields}

    def _missing(self) -> NoSuchRecord:
        return NoSuchRecord(f"There is no such {self._noun}.")


class CuratedRecords(Records):
    """The records of a table that belong to no account."""

    def __init__(self, table: Table, noun: str) -> None:
        super().__init__(table, noun, rows=select(table))
        self._insert = Statement(insert(table).returning(table.c.id))
        self._update = Statement(update(table).where(table.c.id == bindparam("row_id")))

    def create(self, connection: Connection, /, *, now: datetime, **fields: Any) -> Record:
        """Add a record with these columns."""
        row = self._new(now, fields)
        return {"id": self._insert.all(connection, row)[0]["id"], **row}

    def change(self, connection: Connection, locked: Record, *, now: datetime, **fields: Any) -> Record:
        """Set these columns of a record that `lock` returned; return it as it is now."""
        _schedule_image_removal(connection, locked, fields)
        self._update.all(connection, {"row_id": locked["id"], "updated_at": now, **fields})
        return {**locked, "updated_at": now, **fields}


class OwnedRecords(Records):
    """The records of a table that belong to accounts (`user_id`), within the storage quota of each account."""

    def __init__(
        self,
        table: Table,
        noun: str,
        *,
        rows: Select[Any] | None = None,
        sized: FromClause | None = None,
        arrange: Callable[[Record], Record] | None = None,
    ) -> None:
        """`rows` is as in `Records`, by default those of the table; `sized` and `arrange` as in `SlicedList`."""
        rows = select(table) if rows is None else rows
        super().__init__(table, noun, rows=rows, locked=(owner_bytes(table),), arrange=arrange)
        owner = select(table.c.id, table.c.user_id)
        self._owner_by_id = Statement(owner.where(table.c.id == bindparam("value")))
        self._owner_by_uuid = Statement(owner.where(table.c.uuid == bindparam("value")))
        self._list = SlicedList(rows, table, table.c.user_id == bindparam("user_id"), sized=sized, arrange=arrange)
        self._quota_table = QuotaTable(table)

    def find_encoded(self, connection: Connection, record_id: RecordId) -> Record:
        """Return `find` with `encoded`."""
        return self.find(connection, record_id, encoded=True)

    def find_owner(self, connection: Connection, record_id: RecordId) -> Record:
        """Return only `id` and `user_id` of the record: nothing is decrypted. Raise NoSuchRecord."""
        query = self._owner_by_id if isinstance(record_id, int) else self._owner_by_uuid
        return self._first(connection, query, record_id)

    def lock(self, connection: Connection, number: int) -> Record:
        """Return the record with OWNER_BYTES, locked until the transaction ends; raise NoSuchRecord."""
        found = super().lock(connection, number)
        return found if self._arrange is None else {**self._arrange(found), OWNER_BYTES: found[OWNER_BYTES]}

    def list_of(self, connection: Connection, /, user_id: int, **part: int) -> Slice:
        """Return a slice of the account's records, oldest first; `part` is as in `SlicedList.read`."""
        return self._list.read(connection, user_id=user_id, **part)

    def create(self, connection: Connection, /, *, now: datetime, most: Storage = UNLIMITED, **fields: Any) -> Record:
        """Add a record with these columns; raise StorageFull if its owner stores more than `most` then."""
        row = self._new(now, fields)
        # A read would return the values that were written: no second query.
        return {"id": self._quota_table.insert(connection, row, most), **row}

    def change(
        self, connection: Connection, locked: Record, *, now: datetime, most: Storage = UNLIMITED, **fields: Any
    ) -> Record:
        """Set these columns of a record that `lock` returned; return it as it is now.

        Raise StorageFull if the record is larger then and its owner stores more than `most`.
        """
        _schedule_image_removal(connection, locked, fields)
        self._quota_table.update(connection, locked, most, updated_at=now, **fields)
        changed = {**locked, "updated_at": now, **fields}
        del changed[OWNER_BYTES]
        return changed


def _schedule_image_removal(connection: Connection, locked: Record, fields: dict[str, Any]) -> None:
    if "img" in fields:
        image_removals.schedule(connection, [locked["img"]])
