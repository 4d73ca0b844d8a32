"""Option packs: named bundles of options of a design, which anyone may read."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from core.clock import new_uuid
from core.errors import NoSuchRecord
from storage import image_removals
from storage.engines.slices import Slice, SlicedList
from storage.engines.statements import inserted_id
from storage.schema.tables import Record, option_packs
from storage.schema.texts import Texts, merged
from storage.sets import RecordId

OptionPack = Record

_by_id = select(option_packs).where(option_packs.c.id == bindparam("value"))
_by_uuid = select(option_packs).where(option_packs.c.uuid == bindparam("value"))
_list = SlicedList(select(option_packs), option_packs)
_of_design = SlicedList(select(option_packs), option_packs, option_packs.c.design == bindparam("design"))
_lock = _by_id.with_for_update()
_create = insert(option_packs)
_update = update(option_packs).where(option_packs.c.id == bindparam("pack_id"))
_delete = delete(option_packs).where(option_packs.c.id == bindparam("pack_id"))


def find(connection: Connection, pack_id: RecordId) -> OptionPack:
    """The pack with this number or uuid; raises NoSuchRecord."""
    return _found(connection, _by_id if isinstance(pack_id, int) else _by_uuid, pack_id)


def _found(connection: Connection, query: Any, pack_id: RecordId) -> OptionPack:
    row = connection.execute(query, {"value": pack_id}).mappings().first()
    if row is None:
        raise NoSuchRecord("There is no such option pack.")
    return row


def lock(connection: Connection, pack_id: int) -> OptionPack:
    """The pack, held until the transaction ends; raises NoSuchRecord."""
    return _found(connection, _lock, pack_id)


def list_all(connection: Connection, /, *, design: str | None = None, **part: int) -> Slice:
    """A slice of all packs, or of those of a design, oldest first; `part` is as in `SlicedList.read`."""
    if design is not None:
        return _of_design.read(connection, design=design, **part)
    return _list.read(connection, **part)


def create(connection: Connection, /, *, now: datetime, **fields: Any) -> OptionPack:
    """A new pack; `fields` are design, img, options, texts."""
    row = {"uuid": new_uuid(), "created_at": now, "updated_at": now, **fields}
    pack_id = inserted_id(connection.execute(_create, row))
    return {"id": pack_id, **row}


def edit(
    connection: Connection, pack_id: int, *, fields: dict[str, Any], texts: Texts, now: datetime
) -> tuple[OptionPack, OptionPack]:
    """Set `fields` and merge `texts`; the pack as it is, and as it was. Raises NoSuchRecord."""
    present = lock(connection, pack_id)
    if "img" in fields:
        image_removals.schedule(connection, [present["img"]])
    changed = {**fields, "texts": merged(present["texts"], texts)}
    connection.execute(_update, {"pack_id": pack_id, "updated_at": now, **changed})
    return {**present, "updated_at": now, **changed}, present


def remove(connection: Connection, pack_id: int) -> OptionPack:
    """Remove the pack; as it was at the end. Raises NoSuchRecord if it is already gone."""
    present = lock(connection, pack_id)
    image_removals.schedule(connection, [present["img"]])
    connection.execute(_delete, {"pack_id": pack_id})
    return present
