"""Serializers of quotas and of requests for higher ones."""

from typing import Any

from core.clock import iso
from storage.schema.tables import Record


def quota(row: Record) -> dict[str, Any]:
    """`Quota`."""
    return {
        **_what(row),
        "until": iso(row["until"]),
        "reason": row["reason"],
        "setBy": row["set_by"],
    }


def request(row: Record) -> dict[str, Any]:
    """`QuotaRequest`."""
    return {
        **_what(row),
        "purpose": row["purpose"],
        "days": row["days"],
        "state": row["state"],
        "decidedAt": iso(row["decided_at"]) if row["decided_at"] else None,
        "answer": row["answer"],
    }


def _what(row: Record) -> dict[str, Any]:
    return {
        "id": str(row["uuid"]),
        "createdAt": iso(row["created_at"]),
        "userId": row["user_id"],
        "key": str(row["key"]) if row["key"] else None,
        "policy": row["policy"],
        "quota": row["quota"],
    }
