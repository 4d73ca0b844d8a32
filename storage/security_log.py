"""The security log of an account: rows are added, and removed by age; never changed."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, exists, insert, literal, select

from storage.schema.fair_use import events
from storage.schema.tables import Record, accounts

Event = Record

OWNER, STAFF, SYSTEM = "owner", "staff", "system"

KEY_CREATED, KEY_ROTATED, KEY_REVOKED = "keyCreated", "keyRotated", "keyRevoked"
KEY_REMOVED, KEY_LEAKED = "keyRemoved", "keyLeaked"
SIGNED_IN, SIGN_IN_FAILED, IMPERSONATED = "signedIn", "signInFailed", "impersonated"
PASSWORD_CHANGED, EMAIL_CHANGED = "passwordChanged", "emailChanged"
MFA_ENABLED, MFA_DISABLED = "mfaEnabled", "mfaDisabled"
ROLE_CHANGED, STATUS_CHANGED, CONSENT_CHANGED = "roleChanged", "statusChanged", "consentChanged"
ACCOUNT_RESTRICTED = "accountRestricted"
SESSION_ENDED, SESSIONS_ENDED = "sessionEnded", "sessionsEnded"

KEPT = timedelta(days=400)
# Failed sign-ins are others' to cause: of those in this time the first alone is kept.
FAILURE_INTERVAL = timedelta(minutes=1)
# Removed at a time, so that no other write waits long.
MOST_PRUNED = 1000


class Origin(NamedTuple):
    """Who causes an event (OWNER, STAFF or SYSTEM), and in which request."""

    by: str
    request_id: UUID | None = None


_add = insert(events)
_page = (
    select(events)
    .where(events.c.user_id == bindparam("user_id"))
    .order_by(events.c.id.desc())
    .limit(bindparam("limit"))
)
_page_on = _page.where(events.c.id < bindparam("after"))
_recent_failure = exists().where(
    events.c.user_id == bindparam("of_user"),
    events.c.event == SIGN_IN_FAILED,
    events.c.created_at > bindparam("recent", type_=events.c.created_at.type),
)
# One statement: earlier entries are not read first.
_add_failure = insert(events).from_select(
    ["user_id", "created_at", "event", "by", "request_id", "details"],
    select(
        accounts.c.id,
        bindparam("now", type_=events.c.created_at.type),
        literal(SIGN_IN_FAILED),
        literal(SYSTEM),
        bindparam("in_request", type_=events.c.request_id.type),
        literal({}, type_=events.c.details.type),
    ).where(accounts.c.id == bindparam("of_user"), ~_recent_failure),
)
_outdated = (
    select(events.c.id)
    .where(events.c.created_at < bindparam("before"))
    .order_by(events.c.created_at)
    .limit(MOST_PRUNED)
)
_prune = delete(events).where(events.c.id.in_(_outdated.scalar_subquery()))


def record(
    connection: Connection,
    /,
    user_id: int,
    event: str,
    *,
    origin: Origin,
    now: datetime,
    key: UUID | None = None,
    **details: Any,
) -> None:
    """Keep that this happened to the account; part of the same write, so that neither is there without the other.

    `key` is the API key that it is about; `details` never hold personal data or secrets.
    """
    row = {"created_at": now, "user_id": user_id, "event": event, "key": key, "details": details}
    connection.execute(_add, {**row, **origin._asdict()})


def record_failure(connection: Connection, user_id: int, *, now: datetime, request_id: UUID | None) -> None:
    """Record a failed sign-in to the account, unless one was recorded within FAILURE_INTERVAL."""
    moments = {"now": now, "recent": now - FAILURE_INTERVAL}
    connection.execute(_add_failure, {"of_user": user_id, "in_request": request_id, **moments})


def page(connection: Connection, user_id: int, *, limit: int, after: int = 0) -> list[Event]:
    """Up to `limit` of the account's events, newest first, those before the one numbered `after` (0: the newest)."""
    asked = {"user_id": user_id, "limit": limit}
    found = connection.execute(_page_on, {**asked, "after": after}) if after else connection.execute(_page, asked)
    return list(found.mappings())


def prune(connection: Connection, now: datetime) -> int:
    """Remove entries older than KEPT, MOST_PRUNED at most; return how many."""
    return connection.execute(_prune, {"before": now - KEPT}).rowcount
