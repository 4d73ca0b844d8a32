"""Quotas that differ from the usual, of an account or of one of its keys.

What holds is also kept with the account or the key itself (`quotas`: {policy: {quota, until in seconds}}), where each
request finds it with its caller. Whatever changes holds the account first, so that no change is lost.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from core.clock import iso, new_uuid
from core.errors import NoSuchRecord
from storage import accounts, audit_log, security_log
from storage.engines.slices import Slice, SlicedList
from storage.schema.fair_use import quotas
from storage.schema.tables import Record, apikeys
from storage.schema.tables import accounts as owners

Quota = Record

# Units a minute and units a day: of a key, and of an account with all that it has.
OF_KEYS = ("burst", "day")
OF_ACCOUNTS = ("account-burst", "account-day")
# The event on the account.
CHANGED = "quotaChanged"
# The number of a key where there is none.
WHOLE_ACCOUNT = 0

_with_key = select(quotas, apikeys.c.key).outerjoin(apikeys, apikeys.c.id == quotas.c.key_id)
_by_uuid = _with_key.where(quotas.c.uuid == bindparam("uuid"))
_present = _with_key.where(
    quotas.c.user_id == bindparam("user_id"),
    quotas.c.key_id == bindparam("key_id"),
    quotas.c.policy == bindparam("policy"),
)
_not_ended = quotas.c.until > bindparam("now")
_page = SlicedList(_with_key, quotas, _not_ended)
_page_of_account = SlicedList(_with_key, quotas, _not_ended, quotas.c.user_id == bindparam("user_id"))
_holding = select(quotas.c.policy, quotas.c.quota, quotas.c.until).where(
    quotas.c.user_id == bindparam("user_id"),
    quotas.c.key_id == bindparam("key_id"),
    quotas.c.until > bindparam("now"),
)
_ended = select(quotas.c.user_id).where(quotas.c.until <= bindparam("now")).order_by(quotas.c.id).limit(1)
_end = (
    delete(quotas)
    .where(quotas.c.user_id == bindparam("owner"), quotas.c.until <= bindparam("now"))
    .returning(quotas.c.key_id)
)
_create = insert(quotas)
_update = update(quotas).where(quotas.c.id == bindparam("quota_id"))
_delete = delete(quotas).where(quotas.c.id == bindparam("quota_id"))
_usable_key = select(apikeys.c.id, apikeys.c.user_id).where(
    apikeys.c.key == bindparam("key"), apikeys.c.revoked_at.is_(None)
)
_to_key = update(apikeys).where(apikeys.c.id == bindparam("held_by"))
_to_account = update(owners).where(owners.c.id == bindparam("held_by"))


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose quota it is: an account's, or that of one of its keys."""

    user_id: int
    key_id: int = WHOLE_ACCOUNT
    key: UUID | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How many units, until when, and why."""

    quota: int
    until: datetime
    reason: str


def holder_of_key(connection: Connection, key: UUID) -> Holder:
    """The key, with its account; raises NoSuchRecord if it is unknown or revoked."""
    row = connection.execute(_usable_key, {"key": key}).first()
    if row is None:
        raise NoSuchRecord("The API key does not exist or was revoked.")
    return Holder(row.user_id, row.id, key)


def put(
    connection: Connection, holder: Holder, policy: str, terms: Terms, *, by: audit_log.Actor, now: datetime
) -> Quota | None:
    """Set the terms of a policy, and return the quota that they replace, or None.

    The change is recorded in the security log; the caller records it in the audit log. Raises NoSuchRecord.
    """
    accounts.lock(connection, holder.user_id)
    former = _find(connection, _present, user_id=holder.user_id, key_id=holder.key_id, policy=policy)
    columns = {"created_at": now, **asdict(terms), "set_by": by.user_id}
    if former is None:
        new = {"uuid": new_uuid(), "user_id": holder.user_id, "key_id": holder.key_id, "policy": policy}
        connection.execute(_create, {**new, **columns})
    else:
        connection.execute(_update, {"quota_id": former["id"], **columns})
    _spread(connection, holder.user_id, holder.key_id, now)
    _record(connection, holder, policy, terms, by, now)
    return former


def set_by_staff(
    connection: Connection, holder: Holder, policy: str, terms: Terms, *, by: audit_log.Actor, now: datetime
) -> Quota:
    """The same, and the act; the quota as it is now. Raises NoSuchRecord."""
    former = put(connection, holder, policy, terms, by=by, now=now)
    changes: audit_log.Changes = {
        policy: [former["quota"] if former else None, terms.quota],
        "until": [iso(former["until"]) if former else None, iso(terms.until)],
    }
    audit_log.record(connection, by, audit_log.SET_QUOTA, subjects=[holder.user_id], now=now, changes=changes)
    kept = _find(connection, _present, user_id=holder.user_id, key_id=holder.key_id, policy=policy)
    assert kept is not None
    return kept


def remove(connection: Connection, uuid: UUID, *, by: audit_log.Actor, now: datetime) -> None:
    """End a quota, so that the default holds again, and record it; raise NoSuchRecord."""
    found = find(connection, uuid)
    accounts.lock(connection, found["user_id"])
    found = find(connection, uuid)
    connection.execute(_delete, {"quota_id": found["id"]})
    _spread(connection, found["user_id"], found["key_id"], now)
    holder = Holder(found["user_id"], found["key_id"], found["key"])
    _record(connection, holder, found["policy"], None, by, now)
    changes = {found["policy"]: [found["quota"], None], "until": [iso(found["until"]), None]}
    audit_log.record(connection, by, audit_log.DELETE_QUOTA, subjects=[found["user_id"]], now=now, changes=changes)


def page(connection: Connection, /, *, now: datetime, user_id: int | None = None, **part: int) -> Slice:
    """A slice of the quotas that have not ended, of everyone or of one account, oldest first.

    Each with the `key` that it is for, or None; `part` is as in `SlicedList.read`.
    """
    if user_id is None:
        return _page.read(connection, now=now, **part)
    return _page_of_account.read(connection, now=now, user_id=user_id, **part)


def prune(connection: Connection, now: datetime) -> bool:
    """Remove what has ended of one account; whether there was any."""
    user_id = connection.execute(_ended, {"now": now}).scalar()
    if user_id is None:
        return False
    accounts.lock(connection, user_id)
    for key_id in sorted(set(connection.execute(_end, {"owner": user_id, "now": now}).scalars())):
        _spread(connection, user_id, key_id, now)
    return True


def _find(connection: Connection, query: Any, **values: Any) -> Quota | None:
    found: Quota | None = connection.execute(query, values).mappings().first()
    return found


def find(connection: Connection, uuid: UUID) -> Quota:
    """Return the quota; raises NoSuchRecord."""
    found = _find(connection, _by_uuid, uuid=uuid)
    if found is None:
        raise NoSuchRecord("There is no such quota.")
    return found


def _spread(connection: Connection, user_id: int, key_id: int, now: datetime) -> None:
    """Bring what holds to where requests find it; the account is held."""
    rows = connection.execute(_holding, {"user_id": user_id, "key_id": key_id, "now": now})
    # Rounded up: the limiter must not drop what the table still holds.
    holding = {row.policy: {"quota": row.quota, "until": -int(-row.until.timestamp() // 1)} for row in rows}
    to, held_by = (_to_account, user_id) if key_id == WHOLE_ACCOUNT else (_to_key, key_id)
    connection.execute(to, {"held_by": held_by, "quotas": holding or None})


def _record(
    connection: Connection, holder: Holder, policy: str, terms: Terms | None, by: audit_log.Actor, now: datetime
) -> None:
    """That the owner may see it; without terms it was ended."""
    details: dict[str, Any] = {"policy": policy}
    if terms:
        details |= {"quota": terms.quota, "until": iso(terms.until)}
    origin = security_log.Origin(security_log.STAFF, by.request_id)
    security_log.record(connection, holder.user_id, CHANGED, origin=origin, now=now, key=holder.key, **details)
