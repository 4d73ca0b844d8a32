"""Serializers of patterns, with those of their sets that the reader may see."""

from typing import Any

from core.clock import iso
from handlers.serializers.curated import curated_set_for_public
from handlers.serializers.sets import measurement_set_for_other_user, measurement_set_for_owner
from security import Caller
from storage.schema.tables import Record

READ_OTHERS, CURATE = 6, 5


def pattern_for_owner(row: Record, reader: Caller) -> dict[str, Any]:
    """`Pattern`: for the owner, and for staff whose level allows to read the patterns of others."""
    drafted_from, cset = row["set"], row["cset"]
    return {
        **_columns(row),
        "set": _set_for(reader, drafted_from) if drafted_from else None,
        "cset": curated_set_for_public(cset) if cset and may_see_curated(cset, reader) else None,
    }


def pattern_for_public(row: Record) -> dict[str, Any]:
    """`PublicPattern`: a pattern as data, the same for every reader, because caches keep it."""
    drafted_from, cset = row["set"], row["cset"]
    return {
        "result": "success",
        "provider": "FreeSewing.org",
        "type": "pattern",
        **_columns(row),
        "set": measurement_set_for_other_user(drafted_from) if drafted_from and drafted_from["public"] else None,
        "cset": curated_set_for_public(cset) if cset and may_see_curated(cset, None) else None,
    }


def may_draft_from(row: Record, caller: Caller) -> bool:
    """Whether the caller may make a pattern of this set."""
    return bool(row["public"] or row["user_id"] == caller.user_id)


def may_see_curated(row: Record, reader: Caller | None) -> bool:
    """Whether the reader may see, and use, this curated set."""
    return bool(row["published"] or (reader is not None and reader.level >= CURATE))


def _columns(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "uuid": str(row["uuid"]),
        "createdAt": iso(row["created_at"]),
        "updatedAt": iso(row["updated_at"]),
        "data": row["data"],
        "design": row["design"],
        "img": row["img"],
        "name": row["name"],
        "notes": row["notes"],
        "public": row["public"],
        "settings": row["settings"],
        "setId": row["set_id"],
        "csetId": row["cset_id"],
        "userId": row["user_id"],
        "userUuid": str(row["user_uuid"]),
    }


def _set_for(reader: Caller, row: Record) -> dict[str, Any] | None:
    if reader.may(READ_OTHERS, owner=row["user_id"]):
        return measurement_set_for_owner(row)
    return measurement_set_for_other_user(row) if row["public"] else None
