"""Measurement sets. Lengths are millimetres, `shoulderSlope` is degrees, whatever `imperial` says."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, select

from core.clock import new_uuid
from core.errors import NoSuchRecord
from storage import image_removals
from storage.engines.slices import Slice, SlicedList
from storage.engines.statements import Statement
from storage.schema.tables import Record, accounts, sets
from storage.storage_use import UNLIMITED, Guarded, Storage, owner_bytes, without_owner_bytes

MeasurementsSet = Record
RecordId = int | UUID

_with_owner = select(sets, accounts.c.uuid.label("user_uuid")).join_from(sets, accounts)
_numbered = _with_owner.where(sets.c.id == bindparam("value"))
_by_id = Statement(_numbered)
_by_uuid = Statement(_with_owner.where(sets.c.uuid == bindparam("value")))
_owner = select(sets.c.id, sets.c.user_id)
_owner_by_id = Statement(_owner.where(sets.c.id == bindparam("value")))
_owner_by_uuid = Statement(_owner.where(sets.c.uuid == bindparam("value")))
_list = SlicedList(_with_owner, sets, sets.c.user_id == bindparam("user_id"))
_lock = Statement(_numbered.with_for_update(of=sets))
_lock_to_edit = Statement(_numbered.add_columns(owner_bytes(sets)).with_for_update(of=sets))
_guarded = Guarded(sets)
_delete = delete(sets).where(sets.c.id == bindparam("set_id"))


def find(connection: Connection, set_id: RecordId) -> MeasurementsSet:
    """The set with this number or uuid, whosever it is, with its owner's uuid as `user_uuid`; raises NoSuchRecord."""
    return _found(connection, _by_id if isinstance(set_id, int) else _by_uuid, set_id)


def find_owner(connection: Connection, set_id: RecordId) -> Record:
    """Of the set only `id` and `user_id`, for who is to judge first: nothing is decrypted; raises NoSuchRecord."""
    return _found(connection, _owner_by_id if isinstance(set_id, int) else _owner_by_uuid, set_id)


def _found(connection: Connection, query: Statement, set_id: RecordId) -> MeasurementsSet:
    row = query.first(connection, {"value": set_id})
    if row is None:
        raise NoSuchRecord("There is no such measurements set.")
    return row


def lock(connection: Connection, set_id: int) -> MeasurementsSet:
    """The set, held until the transaction ends; raises NoSuchRecord."""
    return _found(connection, _lock, set_id)


def list_of(connection: Connection, /, user_id: int, **part: int) -> Slice:
    """A slice of the account's sets, oldest first; `part` is as in `SlicedList.read`."""
    return _list.read(connection, user_id=user_id, **part)


def create(
    connection: Connection, /, *, user_id: int, now: datetime, most: Storage = UNLIMITED, **fields: Any
) -> MeasurementsSet:
    """A new set of the account, without `user_uuid`; `fields` are name, notes, img, measies, imperial, public.

    Raise StorageFull if the account stores more than `most` then.
    """
    row = {"uuid": new_uuid(), "user_id": user_id, "created_at": now, "updated_at": now, **fields}
    # What was written is what would be read: no second query.
    return {"id": _guarded.insert(connection, row, most), **row}


def edit(
    connection: Connection,
    set_id: int,
    *,
    fields: dict[str, Any],
    measies: dict[str, float | None],
    now: datetime,
    most: Storage = UNLIMITED,
) -> tuple[MeasurementsSet, MeasurementsSet]:
    """Set `fields` and merge `measies`, where None clears a measurement; the set as it is, and as it was.

    Raises NoSuchRecord, and StorageFull if it is larger now and its owner stores more than `most`.
    """
    locked = _found(connection, _lock_to_edit, set_id)
    present = without_owner_bytes(locked)
    if "img" in fields:
        image_removals.schedule(connection, [present["img"]])
    if measies:
        merged = {**present["measies"], **measies}
        fields = {**fields, "measies": {name: value for name, value in merged.items() if value is not None}}
    _guarded.update(connection, locked, most, updated_at=now, **fields)
    return {**present, "updated_at": now, **fields}, present


def remove(connection: Connection, set_id: int) -> MeasurementsSet:
    """Remove the set; as it was at the end. Raises NoSuchRecord if it is already gone."""
    present = lock(connection, set_id)
    image_removals.schedule(connection, [present["img"]])
    connection.execute(_delete, {"set_id": set_id})
    return present
