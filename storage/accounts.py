"""Accounts: whose they are, whether they may come in, and what changes them."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, or_, select, update

from core.clock import new_uuid
from core.errors import AlreadyExists, NoSuchRecord
from storage import confirmations, revocation, security_log, sessions
from storage.address_hashes import email_hash as email_hash
from storage.address_hashes import forms, hash_of_account, matches
from storage.engines.driver_errors import savepoint
from storage.engines.statements import inserted_id
from storage.schema import names
from storage.schema.tables import Record, accounts
from storage.security_log import Origin

Account = Record

INACTIVE, ACTIVE, RESTRICTED, DISABLED = 0, 1, -1, -2
BLOCKED = "blocked"

# Of `is_visible`, as conditions of a query.
VISIBLE = (accounts.c.status == ACTIVE, accounts.c.consent >= 1, accounts.c.role != BLOCKED)


_by = {name: select(accounts).where(accounts.c[name] == bindparam("value")) for name in ("id", "uuid")}
# Older names are found by their lower case too.
_by_name = select(accounts).where(
    or_(
        accounts.c.lusername == bindparam("compared"),
        accounts.c.lusername == bindparam("lower"),
        accounts.c.folded == bindparam("compared"),
    )
)
_by_hash = select(accounts).where(matches(accounts.c.ehash))
_lock = _by["id"].with_for_update()
_lock_by_hash = _by_hash.with_for_update()
_numbers: BindParameter[Any] = bindparam("numbers", expanding=True)
_lock_all = select(accounts).where(accounts.c.id.in_(_numbers)).order_by(accounts.c.id).with_for_update()


def find(connection: Connection, user_id: int) -> Account:
    """The account with this number; raises NoSuchRecord."""
    account = _find_by(connection, "id", user_id)
    if account is None:
        raise NoSuchRecord("There is no such account.")
    return account


def find_by_email(connection: Connection, email: str) -> Account | None:
    """The account with this address, in any case."""
    return find_by_hash(connection, email_hash(email))


def find_by_hash(connection: Connection, ehash: str) -> Account | None:
    """Return the account whose address has this SHA-256."""
    return connection.execute(_by_hash, forms(connection, ehash)).mappings().first()


def find_by_login(connection: Connection, login: str | int) -> Account | None:
    """Return the account that is named at sign-in: by e-mail address, number, UUID, or user name."""
    login = str(login).strip()
    return find_by_email(connection, login) if "@" in login else find_by_handle(connection, login)


def find_by_username(connection: Connection, username: str) -> Account | None:
    """Return the account with this user name; names are compared as `storage/schema/names.py` says."""
    lower = username.lower()
    # An older name that is written exactly so comes before one that only compares equal.
    return min(_named(connection, username), key=lambda row: bool(row["lusername"] != lower), default=None)


def _named(connection: Connection, username: str) -> list[Account]:
    """Return the accounts whose name equals this one; two only where both are older than the present comparison."""
    forms = {"compared": names.compared(username), "lower": username.lower()}
    return list(connection.execute(_by_name, forms).mappings())


def find_by_handle(connection: Connection, handle: str) -> Account | None:
    """The account named in a path: by number, uuid, or user name; never by address."""
    if _is_number(handle):
        return _find_by(connection, "id", int(handle))
    try:
        return _find_by(connection, "uuid", UUID(handle))
    except ValueError:
        return find_by_username(connection, handle)


def named(connection: Connection, handle: str) -> Account:
    """The same; raises NoSuchRecord."""
    account = find_by_handle(connection, handle)
    if account is None:
        raise NoSuchRecord("There is no such account.")
    return account


def _is_number(text: str) -> bool:
    return re.fullmatch("[1-9][0-9]{0,14}", text) is not None


def _find_by(connection: Connection, column: str, value: object) -> Account | None:
    return connection.execute(_by[column], {"value": value}).mappings().first()


def is_visible(account: Account) -> bool:
    """Whether the account has a profile for everyone to see: active, not blocked, and its owner consented."""
    return bool(account["status"] == ACTIVE and account["consent"] >= 1 and account["role"] != BLOCKED)


def create(connection: Connection, *, email: str, language: str, role: str, password: str, now: datetime) -> Account:
    """A new inactive account, named `user-<id>`; raises AlreadyExists if the address has one."""
    uuid = new_uuid()
    ehash = hash_of_account(connection, email)
    added = connection.execute(
        insert(accounts).values(
            **_EMPTY,
            uuid=uuid,
            created_at=now,
            updated_at=now,
            username=str(uuid),
            lusername=str(uuid),
            ehash=ehash,
            ihash=ehash,
            email=email,
            initial=email,
            password=password,
            role=role,
            language=language,
        )
    )
    user_id = inserted_id(added)
    change(connection, user_id, username=f"user-{user_id}", lusername=f"user-{user_id}")
    return find(connection, user_id)


def find_or_create(
    connection: Connection, email: str, *, language: str, role: str, password: str, now: datetime
) -> Account:
    """Return the account with this address, locked; a new one if there is none, the same for concurrent requests."""
    account = _lock_by_email(connection, email)
    if account is not None:
        return account
    try:
        with savepoint(connection):
            return create(connection, email=email, language=language, role=role, password=password, now=now)
    except AlreadyExists:
        account = _lock_by_email(connection, email)
        if account is None:
            raise
        return account


def _lock_by_email(connection: Connection, email: str) -> Account | None:
    return connection.execute(_lock_by_hash, forms(connection, email_hash(email))).mappings().first()


_EMPTY: dict[str, Any] = {
    "status": INACTIVE,
    "consent": 0,
    "patron": 0,
    "bio": "",
    "data": {},
    "img": "default-avatar",
    "control": 1,
    "compare": True,
    "imperial": False,
    "newsletter": False,
    "mfa_enabled": False,
    "mfa_step": 0,
    "mfa_scratch": [],
    "jwt_calls": 0,
    "key_calls": 0,
    "epoch": 0,
}


def change(connection: Connection, /, user_id: int, **fields: Any) -> None:
    """Set these columns, and the hash of `email`; raise AlreadyExists if another account has the name or address."""
    if "email" in fields:
        fields["ehash"] = hash_of_account(connection, fields["email"], user_id)
    connection.execute(update(accounts).where(accounts.c.id == user_id).values(**fields))


def edit(
    connection: Connection,
    user_id: int,
    *,
    fields: dict[str, Any],
    data: dict[str, Any],
    origin: Origin,
    now: datetime,
) -> Account:
    """Set `fields` and merge `data` into the account's own, key by key (null removes a key).

    A user name that another account has leaves the present one unchanged. Raises NoSuchRecord.
    """
    account = lock(connection, user_id)
    merged = {key: value for key, value in {**account["data"], **data}.items() if value is not None}
    others = {column: value for column, value in fields.items() if column != "username"}
    change(connection, user_id, updated_at=now, data=merged, **others)
    if "username" in fields:
        _rename(connection, user_id, fields["username"])
    if "consent" in fields and fields["consent"] != account["consent"]:
        details = {"before": account["consent"], "after": fields["consent"]}
        security_log.record(connection, user_id, security_log.CONSENT_CHANGED, now=now, origin=origin, **details)
    if fields.get("consent") == 0:
        sessions.end_impersonations(connection, user_id)
        revocation.revoke_all(connection, user_id, by=revocation.CONSENT, origin=origin, now=now)
    return find(connection, user_id)


def _rename(connection: Connection, user_id: int, name: str) -> None:
    if any(other["id"] != user_id for other in _named(connection, name)):
        return
    # The constraint decides, so that of two concurrent requests exactly one gets the name.
    try:
        with savepoint(connection):
            change(connection, user_id, username=name, lusername=names.compared(name), folded=None)
    except AlreadyExists:
        return


def lock(connection: Connection, user_id: int) -> Account:
    """The account, held until the transaction ends (SQLite writes one at a time anyway); raises NoSuchRecord."""
    account = connection.execute(_lock, {"value": user_id}).mappings().first()
    if account is None:
        raise NoSuchRecord("There is no such account.")
    return account


def lock_all(connection: Connection, user_ids: Iterable[int]) -> dict[int, Account]:
    """Return those of the accounts that exist, by number, locked until the transaction ends.

    They are locked in ascending order: two transactions that lock several never wait for each other.
    """
    rows = connection.execute(_lock_all, {"numbers": list(user_ids)}).mappings()
    return {row["id"]: row for row in rows}


def set_role(connection: Connection, user_id: int, role: str, level: int, *, origin: Origin, now: datetime) -> None:
    """Give the account a role, and end impersonations; its keys above the role's `level` are revoked for good.

    At level -1 all keys are. Blocking an account, and unblocking it, ends its sessions and confirmations for good.
    """
    former = lock(connection, user_id)["role"]
    change(connection, user_id, role=role, updated_at=now)
    if BLOCKED in (former, role):
        confirmations.drop_all(connection, user_id)
        sessions.end_all(connection, user_id)
    sessions.end_impersonations(connection, user_id)
    revocation.revoke_all(connection, user_id, by=revocation.ROLE, origin=origin, now=now, above=level)


def set_status(connection: Connection, user_id: int, status: int, *, origin: Origin, now: datetime) -> None:
    """Give the account a status and end its sessions; any but active also ends confirmations and keys for good."""
    change(connection, user_id, status=status, updated_at=now)
    # With any status: what ended before an account is enabled again must not be valid again afterwards.
    sessions.end_all(connection, user_id)
    if status != ACTIVE:
        confirmations.drop_all(connection, user_id)
        revocation.revoke_all(connection, user_id, by=revocation.STATUS, origin=origin, now=now)


def remove(connection: Connection, user_id: int) -> None:
    """Remove the account; the database removes with it all that refers to it. Raises NoSuchRecord."""
    if connection.execute(delete(accounts).where(accounts.c.id == user_id)).rowcount == 0:
        raise NoSuchRecord("There is no such account.")
