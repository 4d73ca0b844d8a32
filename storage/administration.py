"""What staff do to accounts, each with the record of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, literal_column, or_, select

from storage import account_data, accounts, audit_log, confirmations, security_log, security_mails, sessions
from storage.accounts import Account
from storage.address_hashes import forms, matches
from storage.audit_log import Actor
from storage.schema import names
from storage.schema.tables import Record
from storage.schema.tables import accounts as table
from storage.security_log import Origin

MOST_FOUND = 25

_containing = (
    select(table)
    .where(or_(*(column.like(bindparam("pattern"), escape="/") for column in (table.c.lusername, table.c.folded))))
    .order_by(table.c.lusername)
    .limit(MOST_FOUND)
)
_by_first_address = select(table).where(matches(table.c.ihash)).order_by(table.c.id).limit(MOST_FOUND)
# Said literally, as in the index, of which a parameter would not let the planner be sure.
_is_administrator = table.c.role == literal_column("'admin'")
_administrators = (
    select(table.c.email, table.c.language)
    .where(_is_administrator, *accounts.VISIBLE)
    .order_by(table.c.id)
    .limit(bindparam("limit"))
)

_EVENTS = {"role": security_log.ROLE_CHANGED, "status": security_log.STATUS_CHANGED}

Found = dict[str, list[Account]]
# A SHA-256 in hexadecimal, as subscribers and accounts are known by.
HASH_LENGTH = 64


def search(connection: Connection, q: str, *, by: Actor, now: datetime) -> Found:
    """Accounts by a part of their user name, or by their whole address, hash of it, first address, number, or uuid.

    In any case; at most MOST_FOUND each, a user name that is `q` first. That each of them was shown is recorded.
    """
    q = q.strip()
    digest = q.lower() if len(q) == HASH_LENGTH else accounts.email_hash(q)
    handled = accounts.find_by_handle(connection, q)
    found: Found = {
        "ehash": _some(accounts.find_by_hash(connection, digest)),
        "ihash": list(connection.execute(_by_first_address, forms(connection, digest)).mappings()),
        "username": _named(connection, q),
        "uuid": [handled] if handled and str(handled["uuid"]) == q.lower() else [],
        "id": [handled] if handled and str(handled["id"]) == q else [],
    }
    shown = {account["id"] for hits in found.values() for account in hits}
    audit_log.record(connection, by, audit_log.SEARCH, subjects=sorted(shown) or [audit_log.NOBODY], now=now)
    return found


def _named(connection: Connection, part: str) -> list[Account]:
    exact = accounts.find_by_username(connection, part)
    pattern = "".join("/" + character if character in "/%_" else character for character in names.compared(part))
    containing = connection.execute(_containing, {"pattern": f"%{pattern}%"}).mappings()
    others = [account for account in containing if exact is None or account["id"] != exact["id"]]
    return [*_some(exact), *others][:MOST_FOUND]


def _some(account: Account | None) -> list[Account]:
    return [] if account is None else [account]


def load(connection: Connection, handle: str, *, by: Actor, now: datetime) -> Account:
    """The account by number, uuid or user name, and that it was looked at; raises NoSuchRecord."""
    account = accounts.named(connection, handle)
    audit_log.record(connection, by, audit_log.LOAD, subjects=[account["id"]], now=now)
    return account


def page(
    connection: Connection,
    *,
    limit: int,
    after: int,
    by: Actor,
    now: datetime,
    role: str | None = None,
    status: int | None = None,
) -> list[Account]:
    """Return up to `limit` accounts with numbers above `after`, oldest first, of one role or status if given.

    That each of them was shown is recorded, as `search` does.
    """
    query = select(table).where(table.c.id > after)
    for column, value in ((table.c.role, role), (table.c.status, status)):
        if value is not None:
            query = query.where(column == value)
    shown: list[Account] = list(connection.execute(query.order_by(table.c.id).limit(limit)).mappings())
    audit_log.record(
        connection, by, audit_log.SEARCH, subjects=[row["id"] for row in shown] or [audit_log.NOBODY], now=now
    )
    return shown


def remove(connection: Connection, user_id: int, *, by: Actor, now: datetime) -> None:
    """Remove an account with all that it owns, as its owner can; raises NoSuchRecord.

    The images are removed by a running server, a day later.
    """
    accounts.lock(connection, user_id)
    account_data.remove(connection, user_id)
    audit_log.record(connection, by, audit_log.REMOVE, subjects=[user_id], now=now)


def update(
    connection: Connection, user_id: int, wanted: dict[str, Any], *, level: int, by: Actor, now: datetime
) -> Account:
    """Change role, status, consent, or turn multi-factor authentication off (`mfa_enabled`); raises NoSuchRecord.

    `level` is that of the new role. Fields that already have the wanted value stay as they are: no session ends
    without a change.
    """
    account = accounts.lock(connection, user_id)
    changed = {field: value for field, value in wanted.items() if account[field] != value}
    origin = Origin(security_log.STAFF, by.request_id)
    for field, event in _EVENTS.items():
        if field in changed:
            details = {"before": account[field], "after": changed[field]}
            security_log.record(connection, user_id, event, now=now, origin=origin, **details)
    if "role" in changed:
        accounts.set_role(connection, user_id, changed["role"], level, origin=origin, now=now)
    if "status" in changed:
        accounts.set_status(connection, user_id, changed["status"], origin=origin, now=now)
    if "mfa_enabled" in changed:
        accounts.change(connection, user_id, mfa_enabled=False, mfa_secret=None, mfa_scratch=[], updated_at=now)
        confirmations.drop_all(connection, user_id)
        security_mails.tell_removal(connection, account, now=now)
        security_log.record(connection, user_id, security_log.MFA_DISABLED, now=now, origin=origin)
        sessions.end_all(connection, user_id)
    if "consent" in changed:
        fields = {"consent": changed["consent"]}
        accounts.edit(connection, user_id, fields=fields, data={}, origin=origin, now=now)
    changes = {field: [account[field], value] for field, value in changed.items()}
    audit_log.record(connection, by, audit_log.UPDATE, subjects=[user_id], now=now, changes=changes)
    return accounts.find(connection, user_id)


def administrators(connection: Connection, limit: int) -> list[Record]:
    """Address and language of up to `limit` administrators who can sign in, oldest accounts first."""
    return list(connection.execute(_administrators, {"limit": limit}).mappings())
