"""Serializers: rows of storage in, the document's schemas out."""

from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from core import clock, email_addresses
from core.clock import iso
from handlers.serializers.curated import curated_set
from security import Caller
from services.auth.passwords import kind_of
from services.interchange import Report
from services.limits.limiter import State
from storage import apikeys
from storage.address_hashes import email_hash
from storage.schema.tables import Record

READ_OTHERS, CURATE = 6, 5


def account(row: Record) -> dict[str, Any]:
    """`Account`: what its owner sees; no password, no MFA secret."""
    return {
        "id": row["id"],
        "uuid": str(row["uuid"]),
        "bio": row["bio"],
        "compare": row["compare"],
        "consent": row["consent"],
        "control": row["control"],
        "createdAt": iso(row["created_at"]),
        "data": row["data"],
        "ehash": email_hash(row["email"]),
        "email": email_addresses.shown(row["email"]),
        "ihash": email_hash(row["initial"]),
        "img": row["img"],
        "imperial": row["imperial"],
        "initial": email_addresses.shown(row["initial"]),
        "jwtCalls": row["jwt_calls"],
        "keyCalls": row["key_calls"],
        "language": row["language"],
        "lastSeen": _iso_or_none(row["last_seen"]),
        "lusername": row["lusername"],
        "mfaEnabled": row["mfa_enabled"],
        "newsletter": row["newsletter"],
        "notices": row["notices"],
        "passwordType": kind_of(row["password"]),
        "patron": row["patron"],
        "role": row["role"],
        "status": row["status"],
        "updatedAt": iso(row["updated_at"]),
        "username": row["username"],
    }


def profile(row: Record) -> dict[str, Any]:
    """`Profile`: what everyone sees of an account."""
    shown = {name: row[name] for name in ("id", "bio", "img", "patron", "role", "username")}
    return {**shown, "ihash": email_hash(row["initial"])}


def api_key(row: Record) -> dict[str, Any]:
    """`ApiKey`, without its secret, as it is at this moment."""
    return {
        **_known_of(row),
        "createdAt": iso(row["created_at"]),
        "state": apikeys.state(row, clock.now()),
        "revokedAt": _iso_or_none(row["revoked_at"]),
        "revokedBy": row["revoked_by"],
        "revokedReason": row["revoked_reason"],
        "rotatedAt": _iso_or_none(row["rotated_at"]),
        "previousUntil": _iso_or_none(row["previous_until"]),
    }


def api_key_listed(row: Record) -> dict[str, Any]:
    """`ApiKeyListed`: an API key with its use."""
    return {
        "id": str(row["key"]),
        **api_key(row),
        "calls": row["calls"],
        "lastSeen": _iso_or_none(row["last_seen"]),
    }


def api_key_self(row: Record, quotas: list[dict[str, Any]]) -> dict[str, Any]:
    """`ApiKeySelf`: what a key is told of itself (`apikeys.find_self`), and where its quotas stand."""
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


def measurements_set(row: Record) -> dict[str, Any]:
    """`MeasurementsSet`."""
    return {
        "id": row["id"],
        "uuid": str(row["uuid"]),
        "createdAt": iso(row["created_at"]),
        "updatedAt": iso(row["updated_at"]),
        "img": row["img"],
        "imperial": row["imperial"],
        "name": row["name"],
        "notes": row["notes"],
        "userId": row["user_id"],
        "userUuid": str(row["user_uuid"]),
        "measies": row["measies"],
        "public": row["public"],
    }


def public_set(row: Record) -> dict[str, Any]:
    """`PublicMeasurementsSet`: a public set as data."""
    return {
        "result": "success",
        "author": "FreeSewing.org",
        "type": "measurementsSet",
        "about": "Body measurements in millimetres (shoulderSlope in degrees), for made-to-measure sewing patterns.",
        "id": row["id"],
        "uuid": str(row["uuid"]),
        "createdAt": iso(row["created_at"]),
        "updatedAt": iso(row["updated_at"]),
        "img": row["img"],
        "name": row["name"],
        "notes": row["notes"],
        "measurements": row["measies"],
        "units": "imperial" if row["imperial"] else "metric",
    }


def import_report(report: Report, imperial: bool) -> dict[str, Any]:
    """`ImportReport`."""
    return {
        "format": report.format,
        "imperial": imperial,
        "measurements": [asdict(found) for found in report.measurements],
        "derived": [asdict(found) for found in report.derived],
        "dropped": [asdict(dropped) for dropped in report.dropped],
    }


def subscriber(row: Record) -> dict[str, Any]:
    """`Subscriber`: who gets the newsletter, as administrators see them."""
    return {
        "id": str(row["uuid"]),
        "email": email_addresses.shown(row["email"]),
        "ehash": email_hash(row["email"]),
        "createdAt": iso(row["created_at"]),
        "source": row["source"],
    }


def event(row: Record) -> dict[str, Any]:
    """`SecurityEvent`: what happened to the security of an account; of staff it does not say who."""
    return {
        "id": row["id"],
        "createdAt": iso(row["created_at"]),
        "event": row["event"],
        "by": row["by"],
        "key": str(row["key"]) if row["key"] else None,
        "requestId": str(row["request_id"]) if row["request_id"] else None,
        "details": row["details"],
    }


def email_change(row: Record) -> dict[str, Any]:
    """`EmailChange`: where the address of the account will go, and until when that can be confirmed."""
    return {
        "email": email_addresses.shown(row["data"]["email"]),
        "createdAt": iso(row["created_at"]),
        "expiresAt": iso(row["expires_at"]),
    }


def pattern(row: Record, reader: Caller | None) -> dict[str, Any]:
    """`Pattern`, with those of its sets that the reader may see; None is the public."""
    drafted_from, cset = row["set"], row["cset"]
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
        "set": measurements_set(drafted_from) if drafted_from and _may_see_set(drafted_from, reader) else None,
        "cset": curated_set(cset) if cset and may_see_curated(cset, reader) else None,
    }


def public_pattern(row: Record) -> dict[str, Any]:
    """`PublicPattern`: a pattern as data, the same whoever reads it, because caches keep it."""
    return {"result": "success", "provider": "FreeSewing.org", "type": "pattern", **pattern(row, None)}


def may_draft_from(row: Record, caller: Caller) -> bool:
    """Whether the caller may make a pattern of this set."""
    return bool(row["public"] or row["user_id"] == caller.user_id)


def may_see_curated(row: Record, reader: Caller | None) -> bool:
    """Whether the reader may see, and use, this curated set."""
    return bool(row["published"] or (reader is not None and reader.level >= CURATE))


def _may_see_set(row: Record, reader: Caller | None) -> bool:
    return bool(row["public"] or (reader is not None and reader.may(READ_OTHERS, owner=row["user_id"])))


def bookmark(row: Record) -> dict[str, Any]:
    """`Bookmark`."""
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


def _iso_or_none(moment: datetime | None) -> str | None:
    return iso(moment) if moment is not None else None
