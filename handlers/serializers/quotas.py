"""Serializers of quotas and of requests for higher ones."""

from typing import Any

from core.clock import iso, iso_or_none
from storage.schema.tables import Record


def quota_for_administrator(row: Record) -> dict[str, Any]:
    """`Quota`."""
    return {
        **_what(row),
        "until": iso(row["until"]),
        "reason": row["reason"],
        "setBy": row["set_by"],
    }


def quota_request_for_owner(row: Record) -> dict[str, Any]:
    """`QuotaRequest`."""
    return {
        **_what(row),
        "purpose": row["purpose"],
        "days": row["days"],
        "state": row["state"],
        "decidedAt": iso_or_none(row["decided_at"]),
        "answer": row["answer"],
    }


def quota_request_for_administrator(row: Record) -> dict[str, Any]:
    """`QuotaRequest`: administrators read what the owner reads."""
    return quota_request_for_owner(row)


def _what(row: Record) -> dict[str, Any]:
    return {
        "id": str(row["uuid"]),
        "createdAt": iso(row["created_at"]),
        "userId": row["user_id"],
        "key": str(row["key"]) if row["key"] else None,
        "policy": row["policy"],
        "quota": row["quota"],
    }
