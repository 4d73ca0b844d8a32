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
