"""Curated measurement sets, which anyone may read once they are published. Heights are centimetres."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Connection, bindparam, delete, insert, or_, select, update

from core.clock import new_uuid
from core.errors import NoSuchRecord
from storage import image_removals
from storage.engines.slices import Slice, SlicedList
from storage.engines.statements import inserted_id
from storage.schema.tables import Record, curated_sets
from storage.schema.texts import Texts, merged
from storage.sets import RecordId

CuratedSet = Record

_by_id = select(curated_sets).where(curated_sets.c.id == bindparam("value"))
_by_uuid = select(curated_sets).where(curated_sets.c.uuid == bindparam("value"))
_list = SlicedList(
    select(curated_sets),
    curated_sets,
    or_(curated_sets.c.published, bindparam("unpublished", type_=Boolean)),
)
_lock = _by_id.with_for_update()
_create = insert(curated_sets)
_update = update(curated_sets).where(curated_sets.c.id == bindparam("set_id"))
_delete = delete(curated_sets).where(curated_sets.c.id == bindparam("set_id"))


def find(connection: Connection, set_id: RecordId) -> CuratedSet:
    """The set with this number or uuid, published or not; raises NoSuchRecord."""
    return _found(connection, _by_id if isinstance(set_id, int) else _by_uuid, set_id)


def _found(connection: Connection, query: Any, set_id: RecordId) -> CuratedSet:
    row = connection.execute(query, {"value": set_id}).mappings().first()
    if row is None:
        raise NoSuchRecord("There is no such curated set.")
    return row


def lock(connection: Connection, set_id: int) -> CuratedSet:
    """The set, held until the transaction ends; raises NoSuchRecord."""
    return _found(connection, _lock, set_id)


def list_all(connection: Connection, /, *, unpublished: bool = False, **part: int) -> Slice:
    """A slice of the published sets, or of all, oldest first; `part` is as in `SlicedList.read`."""
    return _list.read(connection, unpublished=unpublished, **part)


def create(connection: Connection, /, *, now: datetime, **fields: Any) -> CuratedSet:
    """A new set; `fields` are published, height, img, measies, texts."""
    row = {"uuid": new_uuid(), "created_at": now, "updated_at": now, **fields}
    set_id = inserted_id(connection.execute(_create, row))
    return {"id": set_id, **row}


def edit(
    connection: Connection,
    set_id: int,
    *,
    fields: dict[str, Any],
    measies: dict[str, float | None],
    texts: Texts,
    now: datetime,
) -> tuple[CuratedSet, CuratedSet]:
    """Set `fields`, merge `texts`, and `measies`, where None clears a measurement; the set as it is, and as it was.

    Raises NoSuchRecord.
    """
    present = lock(connection, set_id)
    if "img" in fields:
        image_removals.schedule(connection, [present["img"]])
    changed = {**fields, "texts": merged(present["texts"], texts)}
    together = {**present["measies"], **measies}
    changed["measies"] = {name: value for name, value in together.items() if value is not None}
    connection.execute(_update, {"set_id": set_id, "updated_at": now, **changed})
    return {**present, "updated_at": now, **changed}, present


def remove(connection: Connection, set_id: int) -> CuratedSet:
    """Remove the set; as it was at the end. Raises NoSuchRecord if it is already gone."""
    present = lock(connection, set_id)
    image_removals.schedule(connection, [present["img"]])
    connection.execute(_delete, {"set_id": set_id})
    return present
