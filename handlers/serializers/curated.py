"""Serializers of curated sets, option packs and suggestions. Curators read of the first two what anyone reads."""

from typing import Any

from core.clock import iso
from handlers.serializers.translations import members_of
from storage.schema.tables import Record
from storage.suggestions import PACK, SET

AUTHOR = "FreeSewing.org"
ABOUT_SET = (
    "Curated body measurements in millimetres (shoulderSlope in degrees), for made-to-measure sewing patterns;"
    " height in centimetres."
)
# FreeSewing's names of the kinds of suggestions.
_TYPES = {SET: "cset", PACK: "opack"}
ABOUT_PACK = "A bundle of options of a design, for made-to-measure sewing patterns."


def curated_set_for_public(row: Record) -> dict[str, Any]:
    """`CuratedSet`."""
    return {
        **_known_by(row),
        "height": row["height"],
        "img": row["img"],
        "published": row["published"],
        **members_of(row["texts"]),
        "measies": row["measies"],
    }


def curated_set_file_for_public(row: Record) -> dict[str, Any]:
    """`PublicCuratedSet`: a curated set as data."""
    return {
        "author": AUTHOR,
        "type": "curatedMeasurementsSet",
        "about": ABOUT_SET,
        **curated_set_for_public(row),
        "measurements": row["measies"],
    }


def option_pack_for_public(row: Record) -> dict[str, Any]:
    """`OptionPack`."""
    return {
        **_known_by(row),
        "design": row["design"],
        "img": row["img"],
        **members_of(row["texts"]),
        "options": row["options"],
    }


def option_pack_file_for_public(row: Record) -> dict[str, Any]:
    """`PublicOptionPack`: an option pack as data."""
    return {"author": AUTHOR, "type": "optionPack", "about": ABOUT_PACK, **option_pack_for_public(row)}


def _known_by(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "uuid": str(row["uuid"]),
        "createdAt": iso(row["created_at"]),
        "updatedAt": iso(row["updated_at"]),
    }


def suggestion_for_owner(row: Record) -> dict[str, Any]:
    """`SuggestedSet` or `SuggestedPack`, which are known by their UUID alone."""
    return {
        "type": _TYPES[row["type"]],
        "id": str(row["uuid"]),
        "uuid": str(row["uuid"]),
        "createdAt": iso(row["created_at"]),
        "userId": row["user_id"],
        "img": row["img"],
        **row["data"],
    }


def suggestion_for_curator(row: Record) -> dict[str, Any]:
    """The same: curators read what the owner reads."""
    return suggestion_for_owner(row)
