"""Serializers of bookmarks."""

from typing import Any

from core.clock import iso
from storage.schema.tables import Record


def bookmark_for_owner(row: Record) -> dict[str, Any]:
    """`Bookmark`: only its owner reads it."""
    return {
        "id": row["id"],
        "uuid": str(row["uuid"]),
        "createdAt": iso(row["created_at"]),
        "updatedAt": iso(row["updated_at"]),
        "type": row["type"],
        "title": row["title"],
        "url": row["url"],
        "userId": row["user_id"],
    }
