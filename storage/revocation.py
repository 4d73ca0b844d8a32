"""The end of API keys: each is kept in the record of its account, and its owner is written to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from core import clock
from storage import mails, security_log
from storage.apikeys import ApiKey, Held
from storage.schema.tables import Record, accounts, apikeys
from storage.security_log import Origin

OWNER, STAFF, LEAK = "owner", "staff", "leak"
# What of the account changed, where that ended its keys.
ROLE, STATUS, CONSENT = "role", "status", "consent"

# Of keys that end together, as many are recorded and named one by one; then how many more there are.
MOST_RECORDED, MOST_NAMED = 500, 20
_MAIL_KINDS = {OWNER: "keyended", STAFF: "keyrevoked", LEAK: "keyleaked"}


def revoke(
    connection: Connection, held: Held, *, by: str, origin: Origin, now: datetime, reason: str | None = None
) -> None:
    """End the key at once and for good, the secret before included; a revoked one stays as it is.

    `by` is OWNER, STAFF or LEAK. If the key was active until now, its owner gets a mail.
    """
    key = held.key
    if key["revoked_at"] is not None:
        return
    _change(connection, key, revoked_at=now, revoked_by=by, revoked_reason=reason)
    _record(connection, key, security_log.KEY_REVOKED, origin, now, revokedBy=by)
    if key["expires_at"] > now:
        values = {"key": key["name"], "date": clock.minute(now), "reason": reason or "-"}
        _tell(connection, held.owner, _MAIL_KINDS[by], values, now)


def remove(
    connection: Connection, held: Held, *, by: str, origin: Origin, now: datetime, reason: str | None = None
) -> None:
    """Take the key off the list, revoked if it is not yet; the row stays for who still calls with it."""
    revoke(connection, held, by=by, origin=origin, now=now, reason=reason)
    _change(connection, held.key, removed_at=now)
    _record(connection, held.key, security_log.KEY_REMOVED, origin, now)


def revoke_leaked(connection: Connection, held: Held, *, origin: Origin, now: datetime) -> None:
    """Revoke a key whose secret was found in public, unless it has ended already."""
    if held.key["revoked_at"] is None:
        _record(connection, held.key, security_log.KEY_LEAKED, origin, now)
        revoke(connection, held, by=LEAK, origin=origin, now=now)


def revoke_all(
    connection: Connection, user_id: int, *, by: str, origin: Origin, now: datetime, above: int = -1
) -> None:
    """End the account's keys whose level is higher than `above`, because of what changed (ROLE, STATUS, CONSENT)."""
    living = update(apikeys).where(apikeys.c.user_id == user_id, apikeys.c.revoked_at.is_(None))
    ended = connection.execute(
        living.where(apikeys.c.level > above)
        .values(revoked_at=now, revoked_by=by)
        .returning(apikeys.c.key, apikeys.c.name, apikeys.c.expires_at)
    ).all()
    for row in ended[:MOST_RECORDED]:
        security_log.record(
            connection, user_id, security_log.KEY_REVOKED, now=now, key=row.key, origin=origin, revokedBy=by
        )
    if len(ended) > MOST_RECORDED:
        more = len(ended) - MOST_RECORDED
        security_log.record(
            connection, user_id, security_log.KEY_REVOKED, now=now, origin=origin, revokedBy=by, more=more
        )
    _tell_all(connection, user_id, [row for row in ended if row.expires_at > now], now)


def _tell_all(connection: Connection, user_id: int, ended: Sequence[Row[Any]], now: datetime) -> None:
    if not ended:
        return
    names = ", ".join(row.name for row in ended[:MOST_NAMED])
    more = f" (+ {len(ended) - MOST_NAMED})" if len(ended) > MOST_NAMED else ""
    owner = connection.execute(select(accounts).where(accounts.c.id == user_id)).mappings().one()
    _tell(connection, owner, "keyswithdrawn", {"keys": names + more, "date": clock.minute(now)}, now)


def _tell(connection: Connection, owner: Record, kind: str, values: dict[str, str], now: datetime) -> None:
    mail = {"kind": kind, "language": owner["language"], "to": owner["email"], "values": values}
    mails.enqueue(connection, mail, user_id=owner["id"], now=now)


def _change(connection: Connection, key: ApiKey, **fields: Any) -> None:
    connection.execute(update(apikeys).where(apikeys.c.id == key["id"]).values(**fields))


def _record(connection: Connection, key: ApiKey, event: str, origin: Origin, now: datetime, **details: Any) -> None:
    named: UUID = key["key"]
    security_log.record(connection, key["user_id"], event, now=now, key=named, origin=origin, **details)
