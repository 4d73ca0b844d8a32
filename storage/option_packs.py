"""Option packs: named bundles of options of a design, which anyone may read."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from storage.engines.slices import Slice, SlicedList
from storage.records import CuratedRecords
from storage.schema.tables import Record, option_packs
from storage.schema.texts import Texts, merged

OptionPack = Record

records = CuratedRecords(option_packs, "option pack")
find, lock = records.find, records.lock
# Columns: design, img, options, texts.
create, remove = records.create, records.remove
_list = SlicedList(select(option_packs), option_packs)
_of_design = SlicedList(select(option_packs), option_packs, option_packs.c.design == bindparam("design"))


def list_all(connection: Connection, /, *, design: str | None = None, **part: int) -> Slice:
    """Return a slice of all packs, or of those of a design, oldest first; `part` is as in `SlicedList.read`."""
    if design is not None:
        return _of_design.read(connection, design=design, **part)
    return _list.read(connection, **part)


def edit(connection: Connection, locked: OptionPack, *, texts: Texts, now: datetime, **fields: Any) -> OptionPack:
    """Set these columns and merge `texts` of a pack that `lock` returned; return the pack as it is now."""
    return records.change(connection, locked, now=now, **fields, texts=merged(locked["texts"], texts))
