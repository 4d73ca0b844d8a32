"""Confirmations: the one-time links that mails carry. Only a hash of each link's secret part is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, insert, select

from core.clock import new_check, new_uuid
from core.errors import NoSuchRecord
from storage.schema.tables import Record, confirmations

SIGN_UP, HAVE_ACCOUNT, SIGN_IN, EMAIL_CHANGE = "signup", "signup-aea", "signinlink", "emailchange"

LIFETIMES = {
    SIGN_UP: timedelta(days=7),
    HAVE_ACCOUNT: timedelta(hours=1),
    SIGN_IN: timedelta(hours=1),
    EMAIL_CHANGE: timedelta(days=1),
}


_by_id = select(confirmations).where(confirmations.c.id == bindparam("confirmation_id"))
_of_account = (confirmations.c.user_id == bindparam("owner"), confirmations.c.type == bindparam("kind"))
_pending = (
    select(confirmations)
    .where(*_of_account, confirmations.c.expires_at > bindparam("now"))
    .order_by(confirmations.c.created_at.desc())
    .limit(1)
)
_drop = delete(confirmations).where(*_of_account)


@dataclass(frozen=True, slots=True)
class Issued:
    """A confirmation as its mail carries it: the only moment when `check` is known."""

    id: UUID
    check: str


def issue(
    connection: Connection, kind: str, *, user_id: int, now: datetime, data: dict[str, Any] | None = None
) -> Issued:
    """A new confirmation of this kind for the account, good for LIFETIMES[kind]."""
    issued = Issued(new_uuid(), new_check())
    connection.execute(
        insert(confirmations).values(
            id=issued.id,
            user_id=user_id,
            created_at=now,
            expires_at=now + LIFETIMES[kind],
            type=kind,
            check_hash=_hash(issued.check),
            data=data or {},
        )
    )
    return issued


def find(
    connection: Connection, confirmation_id: UUID, *, check: str | None, kinds: tuple[str, ...], now: datetime
) -> Record:
    """The confirmation, still good; raises NoSuchRecord whatever is wrong with it.

    `check` may be None only where the contract lets a client leave it out. An empty `kinds` means any kind.
    """
    row = connection.execute(_by_id, {"confirmation_id": confirmation_id}).mappings().first()
    if (
        row is None
        or row["expires_at"] <= now
        or (kinds and row["type"] not in kinds)
        or (check is not None and not compare_digest(row["check_hash"], _hash(check)))
    ):
        raise NoSuchRecord("The confirmation does not exist, was used, or has expired.")
    return row


def use_up(connection: Connection, confirmation_id: UUID) -> None:
    """Remove the confirmation; of several callers all but the first get NoSuchRecord."""
    if connection.execute(delete(confirmations).where(confirmations.c.id == confirmation_id)).rowcount == 0:
        raise NoSuchRecord("The confirmation does not exist, was used, or has expired.")


def find_pending(connection: Connection, user_id: int, kind: str, *, now: datetime) -> Record | None:
    """Return the newest confirmation of this kind that the account can still use; None if there is none."""
    return connection.execute(_pending, {"owner": user_id, "kind": kind, "now": now}).mappings().first()


def drop(connection: Connection, user_id: int, kind: str) -> int:
    """Remove the account's confirmations of this kind; return how many there were."""
    return connection.execute(_drop, {"owner": user_id, "kind": kind}).rowcount


def drop_all(connection: Connection, user_id: int) -> None:
    """Remove all confirmations of the account: an attacker may have read their links."""
    connection.execute(delete(confirmations).where(confirmations.c.user_id == user_id))


def prune(connection: Connection, now: datetime) -> int:
    """Remove what has expired; how many."""
    return connection.execute(delete(confirmations).where(confirmations.c.expires_at <= now)).rowcount


def _hash(check: str) -> str:
    # 160 random bits need no slow hash.
    return sha256(check.encode()).hexdigest()
