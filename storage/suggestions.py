"""What users propose to the curators: copies, which go with the account that made them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, select

from core.clock import new_uuid
from core.errors import NoSuchRecord
from storage import image_removals
from storage.engines.slices import Slice, SlicedList
from storage.schema.tables import Record, suggestions
from storage.storage_use import UNLIMITED, QuotaTable, Storage

Suggestion = Record
SET, PACK = "set", "pack"

_one = select(suggestions).where(suggestions.c.uuid == bindparam("uuid"), suggestions.c.type == bindparam("kind"))
_lock = _one.with_for_update()
_list = SlicedList(select(suggestions), suggestions, suggestions.c.type == bindparam("kind"))
_of = SlicedList(
    select(suggestions),
    suggestions,
    suggestions.c.user_id == bindparam("user_id"),
    suggestions.c.type == bindparam("kind"),
)
_quota_table = QuotaTable(suggestions)
_delete = delete(suggestions).where(suggestions.c.id == bindparam("suggestion_id"))
_withdraw = delete(suggestions).where(suggestions.c.user_id == bindparam("owner")).returning(suggestions.c.img)


def create(
    connection: Connection,
    /,
    *,
    user_id: int,
    kind: str,
    img: str,
    data: dict[str, Any],
    now: datetime,
    most: Storage = UNLIMITED,
) -> Suggestion:
    """A new suggestion: a SET (`data`: name, notes, height, measies) or a PACK (name, notes, design, options).

    Raise StorageFull if the account stores more than `most` then.
    """
    row = {"uuid": new_uuid(), "user_id": user_id, "created_at": now, "type": kind, "img": img, "data": data}
    return {"id": _quota_table.insert(connection, row, most), **row}


def list_all(connection: Connection, /, kind: str, **part: int) -> Slice:
    """A slice of everyone's suggestions of this kind, oldest first; `part` is as in `SlicedList.read`."""
    return _list.read(connection, kind=kind, **part)


def list_of(connection: Connection, /, user_id: int, kind: str, **part: int) -> Slice:
    """The same of one account."""
    return _of.read(connection, user_id=user_id, kind=kind, **part)


def take(connection: Connection, kind: str, uuid: UUID) -> Suggestion:
    """Remove a suggestion, for it was accepted or refused; as it was. Of several at once only one gets it.

    Raises NoSuchRecord.
    """
    row = connection.execute(_lock, {"kind": kind, "uuid": uuid}).mappings().first()
    if row is None:
        raise NoSuchRecord("There is no such suggestion.")
    connection.execute(_delete, {"suggestion_id": row["id"]})
    return row


def reject(connection: Connection, kind: str, uuid: UUID) -> Suggestion:
    """Remove a suggestion and schedule the removal of its image; the suggestion as it was. Raises NoSuchRecord."""
    rejected = take(connection, kind, uuid)
    image_removals.schedule(connection, [rejected["img"]])
    return rejected


def withdraw(connection: Connection, user_id: int) -> list[str]:
    """Remove all of an account's suggestions; the names of their images.

    One that a curator accepts at the same moment keeps its image: it is not among those.
    """
    return [row.img for row in connection.execute(_withdraw, {"owner": user_id})]
