"""Serializers of API keys. Administrators, who can read and revoke all keys, get the same members as the owner."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from core import clock
from core.clock import iso, iso_or_none
from services.limits.limiter import State
from storage import apikeys
from storage.schema.tables import Record


def api_key_for_owner(row: Record) -> dict[str, Any]:
    """`ApiKey`, without its secret, as it is at this moment."""
    return {
        **_known_of(row),
        "createdAt": iso(row["created_at"]),
        "state": apikeys.state(row, clock.now()),
        "revokedAt": iso_or_none(row["revoked_at"]),
        "revokedBy": row["revoked_by"],
        "revokedReason": row["revoked_reason"],
        "rotatedAt": iso_or_none(row["rotated_at"]),
        "previousUntil": iso_or_none(row["previous_until"]),
    }


def listed_api_key_for_owner(row: Record) -> dict[str, Any]:
    """`ApiKeyListed`: an API key with its use."""
    return {
        "id": str(row["key"]),
        **api_key_for_owner(row),
        "calls": row["calls"],
        "lastSeen": iso_or_none(row["last_seen"]),
    }


def api_key_for_itself(row: Record, quotas: list[dict[str, Any]]) -> dict[str, Any]:
    """`ApiKeySelf`: a key as it reads itself (`apikeys.find_self`), with the state of its quotas."""
    # PostgreSQL adds integers up to a Decimal.
    usage = {"today": int(row["calls_of_day"]), "total": row["calls"]}
    return {**_known_of(row), "usage": usage, "quotas": quotas}


def _known_of(row: Record) -> dict[str, Any]:
    return {
        "key": str(row["key"]),
        "level": row["level"],
        "expiresAt": iso(row["expires_at"]),
        "name": row["name"],
        "userId": row["user_id"],
    }


def quota_state(state: State, now: float) -> dict[str, Any]:
    """`QuotaState`."""
    policy = state.policy
    return {
        "policy": policy.name,
        "quota": policy.quota,
        "window": policy.seconds,
        "remaining": state.remaining,
        "resetsAt": _begins((now // policy.seconds + 1) * policy.seconds),
    }


@lru_cache(maxsize=10)
def _begins(seconds: float) -> str:
    """When a window begins, from seconds since the epoch; all callers ask for the same few."""
    return iso(datetime.fromtimestamp(seconds, UTC))
