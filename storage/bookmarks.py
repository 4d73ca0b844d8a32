"""Bookmarks: what somebody wants to find again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, select

from core.clock import new_uuid
from core.errors import NoSuchRecord
from storage.engines.slices import Slice, SlicedList
from storage.schema.tables import Record, bookmarks
from storage.sets import RecordId
from storage.storage_use import UNLIMITED, Guarded, Storage, owner_bytes, without_owner_bytes

Bookmark = Record

_by_id = select(bookmarks).where(bookmarks.c.id == bindparam("value"))
_by_uuid = select(bookmarks).where(bookmarks.c.uuid == bindparam("value"))
_list = SlicedList(select(bookmarks), bookmarks, bookmarks.c.user_id == bindparam("user_id"))
_lock = _by_id.with_for_update()
_lock_to_edit = _by_id.add_columns(owner_bytes(bookmarks)).with_for_update(of=bookmarks)
_guarded = Guarded(bookmarks)
_delete = delete(bookmarks).where(bookmarks.c.id == bindparam("bookmark_id"))


def find(connection: Connection, bookmark_id: RecordId) -> Bookmark:
    """The bookmark with this number or uuid, whosever it is; raises NoSuchRecord."""
    return _found(connection, _by_id if isinstance(bookmark_id, int) else _by_uuid, bookmark_id)


def _found(connection: Connection, query: Select[Any], bookmark_id: RecordId) -> Bookmark:
    row = connection.execute(query, {"value": bookmark_id}).mappings().first()
    if row is None:
        raise NoSuchRecord("There is no such bookmark.")
    return row


def lock(connection: Connection, bookmark_id: int) -> Bookmark:
    """The bookmark, held until the transaction ends; raises NoSuchRecord."""
    return _found(connection, _lock, bookmark_id)


def list_of(connection: Connection, /, user_id: int, **part: int) -> Slice:
    """A slice of the account's bookmarks, oldest first; `part` is as in `SlicedList.read`."""
    return _list.read(connection, user_id=user_id, **part)


def create(
    connection: Connection, /, *, user_id: int, now: datetime, most: Storage = UNLIMITED, **fields: Any
) -> Bookmark:
    """A new bookmark of the account; `fields` are type, title, url.

    Raise StorageFull if the account stores more than `most` then.
    """
    row = {"uuid": new_uuid(), "user_id": user_id, "created_at": now, "updated_at": now, **fields}
    return {"id": _guarded.insert(connection, row, most), **row}


def edit(
    connection: Connection, bookmark_id: int, *, fields: dict[str, Any], now: datetime, most: Storage = UNLIMITED
) -> Bookmark:
    """Set `fields`; the bookmark as it is now.

    Raises NoSuchRecord, and StorageFull if it is larger now and its owner stores more than `most`.
    """
    locked = _found(connection, _lock_to_edit, bookmark_id)
    _guarded.update(connection, locked, most, updated_at=now, **fields)
    present = without_owner_bytes(locked)
    return {**present, "updated_at": now, **fields}


def remove(connection: Connection, bookmark_id: int) -> None:
    """Remove the bookmark; raises NoSuchRecord if it is already gone."""
    lock(connection, bookmark_id)
    connection.execute(_delete, {"bookmark_id": bookmark_id})
