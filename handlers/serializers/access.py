"""Serializers of sessions and of the audit log."""

from typing import Any
from uuid import UUID

from core.clock import iso
from storage.schema.tables import Record


def act_for_administrator(row: Record) -> dict[str, Any]:
    """`Act`: an entry of the audit log."""
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


def session_for_owner(row: Record, current: UUID | None = None) -> dict[str, Any]:
    """`Session`: where an account is signed in; of an impersonation without the network."""
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
