"""Curated measurement sets, which anyone may read once they are published. Heights are centimetres."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Connection, bindparam, or_, select

from storage.engines.slices import Slice, SlicedList
from storage.records import CuratedRecords
from storage.schema.tables import Record, curated_sets
from storage.schema.texts import Texts, merged

CuratedSet = Record

records = CuratedRecords(curated_sets, "curated set")
find, lock = records.find, records.lock
# Columns: published, height, img, measies, texts.
create, remove = records.create, records.remove
_list = SlicedList(
    select(curated_sets),
    curated_sets,
    or_(curated_sets.c.published, bindparam("unpublished", type_=Boolean)),
)


def list_all(connection: Connection, /, *, unpublished: bool = False, **part: int) -> Slice:
    """Return a slice of the published sets, or of all, oldest first; `part` is as in `SlicedList.read`."""
    return _list.read(connection, unpublished=unpublished, **part)


def edit(
    connection: Connection,
    locked: CuratedSet,
    *,
    measies: dict[str, float | None],
    texts: Texts,
    now: datetime,
    **fields: Any,
) -> CuratedSet:
    """Set these columns, merge `texts`, and `measies`, where None clears a measurement; return the set as it is now.

    `locked` is the set that `lock` returned.
    """
    together = {**locked["measies"], **measies}
    return records.change(
        connection,
        locked,
        now=now,
        **fields,
        texts=merged(locked["texts"], texts),
        measies={name: value for name, value in together.items() if value is not None},
    )
