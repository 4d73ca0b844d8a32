"""What users propose to the curators: copies, which go with the account that made them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, insert, select

from clock import new_uuid
from errors import NoSuchRecord
from storage.statements import inserted_id
from storage.tables import ALL, Record, suggestions

Suggestion = Record
SET, PACK = "set", "pack"

_one = select(suggestions).where(suggestions.c.uuid == bindparam("uuid"), suggestions.c.type == bindparam("kind"))
_lock = _one.with_for_update()
_list = (
    select(suggestions)
    .where(suggestions.c.type == bindparam("kind"), suggestions.c.id > bindparam("after"))
    .order_by(suggestions.c.id)
    .limit(bindparam("limit"))
)
_of = select(suggestions).where(suggestions.c.user_id == bindparam("user_id")).order_by(suggestions.c.id)
_create = insert(suggestions)
_delete = delete(suggestions).where(suggestions.c.id == bindparam("suggestion_id"))
_withdraw = delete(suggestions).where(suggestions.c.user_id == bindparam("owner")).returning(suggestions.c.img)


def create(
    connection: Connection, /, *, user_id: int, kind: str, img: str, data: dict[str, Any], now: datetime
) -> Suggestion:
    """A new suggestion: a SET (`data`: name, notes, height, measies) or a PACK (name, notes, design, options)."""
    row = {"uuid": new_uuid(), "user_id": user_id, "created_at": now, "type": kind, "img": img, "data": data}
    return {"id": inserted_id(connection.execute(_create, row)), **row}


def list_all(connection: Connection, kind: str, *, limit: int = ALL, after: int = 0) -> list[Suggestion]:
    """Everyone's suggestions of this kind, oldest first: at most `limit` of those numbered above `after`."""
    return list(connection.execute(_list, {"kind": kind, "limit": limit, "after": after}).mappings())


def list_of(connection: Connection, user_id: int) -> list[Suggestion]:
    """The account's suggestions of both kinds, oldest first."""
    return list(connection.execute(_of, {"user_id": user_id}).mappings())


def take(connection: Connection, kind: str, uuid: UUID) -> Suggestion:
    """Remove a suggestion, for it was accepted or refused; as it was. Of several at once only one gets it.

    Raises NoSuchRecord.
    """
    row = connection.execute(_lock, {"kind": kind, "uuid": uuid}).mappings().first()
    if row is None:
        raise NoSuchRecord("There is no such suggestion.")
    connection.execute(_delete, {"suggestion_id": row["id"]})
    return row


def withdraw(connection: Connection, user_id: int) -> list[str]:
    """Remove all of an account's suggestions; the names of their pictures.

    One that a curator accepts at the same moment keeps its picture: it is not among those.
    """
    return [row.img for row in connection.execute(_withdraw, {"owner": user_id})]
