"""Serializers of sessions and of the audit log."""

from typing import Any
from uuid import UUID

from core.clock import iso
from storage.schema.tables import Record


def act(row: Record) -> dict[str, Any]:
    """`Act`: what somebody of staff did."""
    return {
        "id": row["id"],
        "createdAt": iso(row["created_at"]),
        "actorId": row["actor_id"],
        "subjectId": row["subject_id"],
        "act": row["act"],
        "operation": row["operation"],
        "requestId": str(row["request_id"]),
        "changes": {"mfaEnabled" if name == "mfa_enabled" else name: pair for name, pair in row["changes"].items()},
    }


def session(row: Record, current: UUID | None = None) -> dict[str, Any]:
    """`Session`: where an account is signed in; of a session of staff it does not say from where."""
    return {
        "id": str(row["id"]),
        "createdAt": iso(row["created_at"]),
        "lastUsedAt": iso(row["last_used_at"]),
        "expiresAt": iso(row["expires_at"]),
        "network": row["network"],
        "userAgent": row["agent"],
        "by": "owner" if row["parent_id"] is None else "staff",
        "current": row["id"] == current,
    }
