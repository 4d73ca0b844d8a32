"""The one definition of the records: the document's schemas, and the columns of `storage/schema/tables.py`."""

import re
from collections.abc import Mapping
from typing import Any

from core import document

SCHEMAS: Mapping[str, Any] = document.load()["components"]["schemas"]
# Only our server counts and limits calls.
COUNTED = {"quotas", "usage"}


def resolved(schema: Mapping[str, Any]) -> Any:
    """Return the schema that a `$ref` names, else the schema itself."""
    return SCHEMAS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def members(name: str) -> dict[str, Any]:
    """Return the schemas of a record's members by name, those in `allOf` included."""
    parts = map(resolved, SCHEMAS[name].get("allOf", [SCHEMAS[name]]))
    return {member: schema for part in parts for member, schema in part["properties"].items()}


def snake(member: str) -> str:
    """Return the column that holds a member: `createdAt` is in `created_at`."""
    return re.sub("([A-Z])", r"_\1", member).lower()


# The members of a curated set that are a text in one language: (member, language, part, value if there is none).
_TEXTS: list[tuple[str, str, str, Any]] = [
    (member, member[-2:].lower(), member[:-2], [] if member.startswith("tags") else "")
    for member in members("CuratedSet")
    if re.fullmatch("(name|notes|tags)[A-Z][a-z]", member)
]
# The order in which a text in one language is looked for.
_FIRST = ("En", "De", "Es", "Fr", "Nl", "Uk")
_NAMES, _NOTES, _TAGS = ([part + language for language in _FIRST] for part in ("name", "notes", "tags"))
_NONE: dict[str, Any] = {}


def translated(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the texts of a curated set: each part in each language, and once for all languages."""
    shown = {member: texts.get(language, _NONE).get(part, unset) for member, language, part, unset in _TEXTS}
    shown["name"], shown["notes"] = (next(filter(None, map(shown.get, parts)), "") for parts in (_NAMES, _NOTES))
    shown["tags"] = list(dict.fromkeys(tag for member in _TAGS for tag in shown[member]))
    return shown
