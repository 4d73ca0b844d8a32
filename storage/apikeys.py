"""API keys: find, list, create, rotate and prune. `revocation` ends them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update

from core.clock import iso, new_uuid
from core.errors import KeyNotActive, NoSuchRecord, PreviousSecretActive
from storage import security_log
from storage.engines.slices import Slice, SlicedList
from storage.engines.statements import Statement
from storage.schema.fair_use import usage_days
from storage.schema.tables import Record, accounts, apikeys
from storage.security_log import Origin

ApiKey = Record

ACTIVE, EXPIRED, REVOKED = "active", "expired", "revoked"
# How long an expired or revoked key is kept.
KEPT = timedelta(days=365)
# Looked at, and forgotten, at a time, so that nothing else waits long.
SLICE = 1000


class Held(NamedTuple):
    """A key and the account that it belongs to, both held until the transaction ends."""

    owner: Record
    key: ApiKey


class KeyStatus(NamedTuple):
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
    # The secret before the last rotation, and until when it is good.
    previous_hash: str | None
    previous_until: datetime | None


_status = Statement(
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
        apikeys.c.previous_hash,
        apikeys.c.previous_until,
    )
    .join_from(apikeys, accounts, apikeys.c.user_id == accounts.c.id)
    .where(apikeys.c.key == bindparam("key"))
)
# A key that was removed is in no list; requests with it get the reason.
_one = select(apikeys).where(apikeys.c.key == bindparam("key"), apikeys.c.removed_at.is_(None))
_calls_of_day = (
    select(func.coalesce(func.sum(usage_days.c.calls), 0))
    .where(
        usage_days.c.user_id == apikeys.c.user_id,
        usage_days.c.key_id == apikeys.c.id,
        usage_days.c.at == bindparam("day"),
    )
    .scalar_subquery()
)
_self = Statement(
    select(
        apikeys.c.key,
        apikeys.c.level,
        apikeys.c.expires_at,
        apikeys.c.name,
        apikeys.c.user_id,
        apikeys.c.calls,
        _calls_of_day.label("calls_of_day"),
    ).where(apikeys.c.key == bindparam("key"), apikeys.c.removed_at.is_(None))
)
_not_revoked = apikeys.c.revoked_at.is_(None)
_in_state = {
    None: (),
    ACTIVE: (_not_revoked, apikeys.c.expires_at > bindparam("now")),
    EXPIRED: (_not_revoked, apikeys.c.expires_at <= bindparam("now")),
    REVOKED: (apikeys.c.revoked_at.is_not(None),),
}
_lists = {
    state: SlicedList(
        select(apikeys),
        apikeys,
        apikeys.c.user_id == bindparam("user_id"),
        apikeys.c.removed_at.is_(None),
        *conditions,
    )
    for state, conditions in _in_state.items()
}
_end = select(apikeys.c.revoked_by, apikeys.c.revoked_reason).where(apikeys.c.id == bindparam("key_id"))
_owner = (
    select(accounts)
    .where(accounts.c.id == select(apikeys.c.user_id).where(apikeys.c.key == bindparam("key")).scalar_subquery())
    .with_for_update()
)
_oldest = (
    select(apikeys.c.id, apikeys.c.created_at, apikeys.c.expires_at, apikeys.c.revoked_at)
    .where(apikeys.c.id > bindparam("after"))
    .order_by(apikeys.c.id)
    .limit(SLICE)
)


def find_status(connection: Connection, key: UUID) -> KeyStatus | None:
    """Return the key's hash, level, expiry and revocation with its owner's role, status and consent.

    None if the key is unknown. One indexed look-up. The caller checks the fields, so that it can name the reason.
    """
    row = _status.first(connection, {"key": key})
    return KeyStatus(*row.values()) if row is not None else None


def find_end(connection: Connection, key_id: int) -> tuple[str | None, str | None]:
    """Return by whom or what a key was revoked, and the reason; each may be None, both if the row is gone."""
    row = connection.execute(_end, {"key_id": key_id}).first()
    return (row.revoked_by, row.revoked_reason) if row is not None else (None, None)


def find(connection: Connection, key: UUID) -> ApiKey:
    """The key, without judging whose it is; raises NoSuchRecord if it is unknown or was removed."""
    return _found(connection, _one, key)


def find_self(connection: Connection, key: UUID, day: datetime) -> Record:
    """Return the key for a response to itself, with `calls_of_day` as far as they are written; raise NoSuchRecord."""
    found = _self.first(connection, {"key": key, "day": day}, encoded=True)
    if found is None:
        raise NoSuchRecord("There is no such API key.")
    return found


def lock(connection: Connection, key: UUID) -> Held:
    """The key and its owner; raises NoSuchRecord.

    The account first, as everywhere: two that change both never wait for each other.
    """
    owner = connection.execute(_owner, {"key": key}).mappings().first()
    if owner is None:
        raise NoSuchRecord("There is no such API key.")
    return Held(owner, _found(connection, _one.with_for_update(), key))


def _found(connection: Connection, query: Select[Any], key: UUID) -> ApiKey:
    found = connection.execute(query, {"key": key}).mappings().first()
    if found is None:
        raise NoSuchRecord("There is no such API key.")
    return found


def state(key: ApiKey, now: datetime) -> str:
    """ACTIVE, EXPIRED or REVOKED."""
    if key["revoked_at"] is not None:
        return REVOKED
    return ACTIVE if key["expires_at"] > now else EXPIRED


def list_of(
    connection: Connection,
    /,
    user_id: int,
    *,
    state: str | None = None,
    now: datetime | None = None,
    **part: int,
) -> Slice:
    """A slice of the account's keys, oldest first; `part` is as in `SlicedList.read`.

    Only keys in `state` at the moment `now`, where it is given.
    """
    return _lists[state].read(connection, user_id=user_id, now=now, **part)


def create(
    connection: Connection,
    *,
    user_id: int,
    name: str,
    level: int,
    secret_hash: str,
    origin: Origin,
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
    security_log.record(connection, user_id, security_log.KEY_CREATED, now=now, key=key, origin=origin, level=level)
    return find(connection, key)


def rotate(
    connection: Connection, held: Held, *, secret_hash: str, grace: timedelta, origin: Origin, now: datetime
) -> ApiKey:
    """Give the key another secret; the present one stays good for `grace`, never past the expiry.

    Without a grace all earlier secrets end at once. With one, while that of the last rotation has not ended: raises
    PreviousSecretActive, as a key has one earlier secret at most. Raises KeyNotActive.
    """
    key = held.key
    if state(key, now) != ACTIVE:
        raise KeyNotActive("The API key has expired or was revoked. Create a new one.")
    if grace and key["previous_until"] is not None and key["previous_until"] > now:
        good_until = f"The secret before the last rotation is good until {iso(key['previous_until'])}"
        raise PreviousSecretActive(
            f"{good_until}: rotate the key after that, or with a grace of 0 to end it at once."
        )
    until = min(now + grace, key["expires_at"])
    connection.execute(
        update(apikeys)
        .where(apikeys.c.id == key["id"])
        .values(secret_hash=secret_hash, previous_hash=key["secret_hash"], rotated_at=now, previous_until=until)
    )
    security_log.record(
        connection,
        key["user_id"],
        security_log.KEY_ROTATED,
        now=now,
        key=key["key"],
        origin=origin,
        previousUntil=iso(until),
    )
    return find(connection, key["key"])


def ended(connection: Connection, now: datetime, after: int = 0) -> tuple[list[int], int | None]:
    """Of the next SLICE keys above `after`, the numbers of those that ended longer than KEPT ago.

    And the number to go on after: None once the keys are too young to have ended so long ago.
    """
    before = now - KEPT
    rows = connection.execute(_oldest, {"after": after}).all()
    found = [row.id for row in rows if min(row.expires_at, row.revoked_at or row.expires_at) < before]
    return found, rows[-1].id if len(rows) == SLICE and rows[-1].created_at < before else None


def prune(connection: Connection, key_ids: Sequence[int]) -> None:
    """Remove these keys."""
    connection.execute(delete(apikeys).where(apikeys.c.id.in_(key_ids)))
