"""Serializers of accounts, their security log, and newsletter subscribers."""

from typing import Any

from core import email_addresses
from core.clock import iso, iso_or_none
from services.auth.passwords import kind_of
from storage.address_hashes import email_hash
from storage.schema.tables import Record


def account_for_owner(row: Record) -> dict[str, Any]:
    """`Account`: without the password and the MFA secret."""
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
        "lastSeen": iso_or_none(row["last_seen"]),
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


def account_for_administrator(row: Record) -> dict[str, Any]:
    """`Account`: administrators read what the owner reads."""
    return account_for_owner(row)


def profile_for_public(row: Record) -> dict[str, Any]:
    """`Profile`: what anyone may read of an account."""
    shown = {name: row[name] for name in ("id", "bio", "img", "patron", "role", "username")}
    return {**shown, "ihash": email_hash(row["initial"])}


def event_for_owner(row: Record) -> dict[str, Any]:
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


def email_change_for_owner(row: Record) -> dict[str, Any]:
    """`EmailChange`: where the address of the account will go, and until when that can be confirmed."""
    return {
        "email": email_addresses.shown(row["data"]["email"]),
        "createdAt": iso(row["created_at"]),
        "expiresAt": iso(row["expires_at"]),
    }


def subscriber_for_administrator(row: Record) -> dict[str, Any]:
    """`Subscriber`: a recipient of the newsletter."""
    return {
        "id": str(row["uuid"]),
        "email": email_addresses.shown(row["email"]),
        "ehash": email_hash(row["email"]),
        "createdAt": iso(row["created_at"]),
        "source": row["source"],
    }
