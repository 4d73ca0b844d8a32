"""Measurement sets. Lengths are millimetres, `shoulderSlope` is degrees, whatever `imperial` says.

A set that is read has the UUID of its owner as `user_uuid`; one that is created does not.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from storage.records import OwnedRecords
from storage.schema.tables import Record, accounts, sets
from storage.storage_use import UNLIMITED, Storage

MeasurementsSet = Record

records = OwnedRecords(
    sets,
    "measurements set",
    rows=select(sets, accounts.c.uuid.label("user_uuid")).join_from(sets, accounts),
)
find, find_encoded, find_owner = records.find, records.find_encoded, records.find_owner
lock, list_of = records.lock, records.list_of
# Columns: user_id, name, notes, img, measies, imperial, public.
create, remove = records.create, records.remove


def edit(
    connection: Connection,
    locked: MeasurementsSet,
    *,
    measies: dict[str, float | None],
    now: datetime,
    most: Storage = UNLIMITED,
    **fields: Any,
) -> MeasurementsSet:
    """Set these columns and merge `measies`, where None clears a measurement; return the set as it is now.

    `locked` is the set that `lock` returned. Raises StorageFull if the set is larger now and its owner stores more
    than `most`.
    """
    if measies:
        merged = {**locked["measies"], **measies}
        fields["measies"] = {name: value for name, value in merged.items() if value is not None}
    return records.change(connection, locked, now=now, most=most, **fields)
