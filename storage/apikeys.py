"""API keys: their standing, and their life from creation to revocation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from clock import new_uuid
from errors import NoSuchRecord
from storage.tables import ALL, Record, accounts, apikeys

ApiKey = Record


@dataclass(frozen=True, slots=True)
class KeyStanding:
    """A key's hash, level, expiry and revocation, with its owner's role, status and consent."""

    id: int
    user_id: int
    user_uuid: UUID
    level: int
    expires_at: datetime
    revoked_at: datetime | None
    secret_hash: str
    role: str
    status: int
    consent: int
    key_quotas: dict[str, Any] | None
    account_quotas: dict[str, Any] | None


_standing: Select[Any] = (
    select(
        apikeys.c.id,
        apikeys.c.user_id,
        accounts.c.uuid,
        apikeys.c.level,
        apikeys.c.expires_at,
        apikeys.c.revoked_at,
        apikeys.c.secret_hash,
        accounts.c.role,
        accounts.c.status,
        accounts.c.consent,
        apikeys.c.quotas,
        accounts.c.quotas,
    )
    .join_from(apikeys, accounts, apikeys.c.user_id == accounts.c.id)
    .where(apikeys.c.key == bindparam("key"))
)
# A revoked key is gone for everyone but the one who still calls with it, who is told why.
_living = select(apikeys).where(apikeys.c.revoked_at.is_(None))
_one = _living.where(apikeys.c.key == bindparam("key"))
_list = (
    _living.where(apikeys.c.user_id == bindparam("user_id"), apikeys.c.id > bindparam("after"))
    .order_by(apikeys.c.id)
    .limit(bindparam("limit"))
)


def find_standing(connection: Connection, key: UUID) -> KeyStanding | None:
    """The key's standing and its owner's, in one indexed look-up; None if it is unknown.

    Whether the key may be used is the caller's to judge, so that each reason can be told.
    """
    row = connection.execute(_standing, {"key": key}).first()
    return KeyStanding(*row) if row is not None else None


def find(connection: Connection, key: UUID) -> ApiKey:
    """The key, without judging whose it is; raises NoSuchRecord if it is unknown or revoked."""
    found = connection.execute(_one, {"key": key}).mappings().first()
    if found is None:
        raise NoSuchRecord("There is no such API key.")
    return found


def list_of(connection: Connection, user_id: int, *, limit: int = ALL, after: int = 0) -> list[ApiKey]:
    """The account's keys, expired ones too, oldest first: at most `limit` of those numbered above `after`."""
    return list(connection.execute(_list, {"user_id": user_id, "limit": limit, "after": after}).mappings())


def create(
    connection: Connection,
    *,
    user_id: int,
    name: str,
    level: int,
    secret_hash: str,
    now: datetime,
    expires_at: datetime,
) -> ApiKey:
    """A new key of the account."""
    key = new_uuid()
    connection.execute(
        insert(apikeys).values(
            key=key,
            user_id=user_id,
            name=name,
            level=level,
            secret_hash=secret_hash,
            created_at=now,
            expires_at=expires_at,
            calls=0,
        )
    )
    return find(connection, key)


def revoke(connection: Connection, key: UUID, now: datetime) -> None:
    """End the key at once; raises NoSuchRecord if it is unknown or already revoked."""
    ended = connection.execute(
        update(apikeys).where(apikeys.c.key == key, apikeys.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    if ended.rowcount == 0:
        raise NoSuchRecord("There is no such API key.")
