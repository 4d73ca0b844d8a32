"""Sessions: one row for each token that was issued. A token is accepted as long as its session has a row.

A session belongs to an epoch of its account. Ending all sessions at once raises the epoch, which also ends the tokens
without a session that releases before 0.2.0 issued.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, select, update

from core.clock import new_uuid
from core.errors import NoSuchRecord
from storage.engines.statements import Statement
from storage.schema.access import sessions
from storage.schema.tables import Record, accounts

Session = Record

# Of one account, at a time. A new session ends the one that was not used for longest.
MOST = 1000


class SessionStatus(NamedTuple):
    """The state of an account and of one of its sessions: it decides whether a token is accepted."""

    uuid: UUID
    role: str
    status: int
    consent: int
    epoch: int
    quotas: dict[str, Any] | None
    # The epoch in which the session is valid; None if the account has no such session.
    session_epoch: int | None = None


class Administrator(NamedTuple):
    """The administrator who impersonates in a session: account number, and state of account and own session."""

    user_id: int
    session_status: SessionStatus


def _status_columns(of: Table) -> tuple[Any, ...]:
    """Return the columns of `SessionStatus`, where `of` is the session."""
    epoch = of.c.epoch.label("session_epoch")
    return *(accounts.c[name] for name in SessionStatus._fields[:-1]), epoch


_status = Statement(
    select(*_status_columns(sessions))
    .join_from(
        accounts,
        sessions,
        and_(sessions.c.id == bindparam("session"), sessions.c.user_id == accounts.c.id),
        isouter=True,
    )
    .where(accounts.c.id == bindparam("user_id"))
)
_parent: Any = sessions.alias("parent")
_administrator = (
    select(accounts.c.id, *_status_columns(_parent))
    .join_from(sessions, _parent, sessions.c.parent_id == _parent.c.id)
    .join(accounts, accounts.c.id == _parent.c.user_id)
    .where(sessions.c.id == bindparam("session"))
)
_add = insert(sessions)
_of_account = sessions.c.user_id == bindparam("owner")
_list = select(sessions).where(_of_account, sessions.c.expires_at > bindparam("now"))
_newest = _list.order_by(sessions.c.created_at.desc(), sessions.c.id).limit(MOST)
_least_used = (
    select(sessions.c.id)
    .where(_of_account)
    .order_by(sessions.c.last_used_at.desc(), sessions.c.id)
    .limit(bindparam("most"))
    .offset(bindparam("most"))
)
_make_room = delete(sessions).where(sessions.c.id.in_(_least_used.scalar_subquery()))
_expiry = select(sessions.c.expires_at).where(sessions.c.id == bindparam("session"))
_end = delete(sessions).where(_of_account, sessions.c.id == bindparam("session"))
_end_all = delete(sessions).where(_of_account)
_end_others = _end_all.where(sessions.c.id != bindparam("keep"))
_end_impersonations_of = _end_all.where(sessions.c.parent_id.is_not(None))
_own = select(sessions.c.id).where(_of_account)
_end_impersonations_by = delete(sessions).where(sessions.c.parent_id.in_(_own))
_next_epoch = (
    update(accounts)
    .where(accounts.c.id == bindparam("owner"))
    .values(epoch=accounts.c.epoch + 1)
    .returning(accounts.c.epoch)
)
_keep = update(sessions).where(_of_account, sessions.c.id == bindparam("session"))
_carry_over = _keep.values(epoch=bindparam("new_epoch"))
_extend = _keep.values(expires_at=bindparam("until"))
_outdated = (
    select(sessions.c.id).where(sessions.c.expires_at <= bindparam("now")).order_by(sessions.c.expires_at).limit(MOST)
)
_prune = delete(sessions).where(sessions.c.id.in_(_outdated.scalar_subquery()))


def find_status(connection: Connection, user_id: int, session: UUID | None = None) -> SessionStatus | None:
    """Return the state of the account and of one of its sessions; None if there is no such account.

    One statement with two look-ups by primary key: it is executed for each request with a token.
    """
    row = _status.first(connection, {"user_id": user_id, "session": session})
    return SessionStatus(*row.values()) if row is not None else None


def find_administrator(connection: Connection, session: UUID | None) -> Administrator | None:
    """Return the administrator who impersonates in this session; None if there is none, or no such session."""
    row = connection.execute(_administrator, {"session": session}).first()
    return None if row is None else Administrator(row[0], SessionStatus(*row[1:]))


def begin(
    connection: Connection,
    account: Record,
    *,
    now: datetime,
    until: datetime,
    network: str | None = None,
    agent: str | None = None,
    parent: UUID | None = None,
) -> UUID:
    """Open a session of the account (a row of `accounts`) and return its id. Part of a write.

    `parent` is the session of the administrator who impersonates the account: the new session ends with it. The
    account is locked, so that its epoch is the present one.
    """
    session = new_uuid()
    row = {"id": session, "user_id": account["id"], "epoch": account["epoch"], "parent_id": parent}
    times = {"created_at": now, "last_used_at": now, "expires_at": until}
    connection.execute(_add, {**row, **times, "network": network, "agent": agent})
    connection.execute(_make_room, {"owner": account["id"], "most": MOST})
    return session


def find_expiry(connection: Connection, session: UUID) -> datetime | None:
    """Return when the session expires; None if there is no such session."""
    return connection.execute(_expiry, {"session": session}).scalar()


def extend(connection: Connection, user_id: int, session: UUID, *, until: datetime) -> bool:
    """Move the end of the session; False if the account has no such session."""
    return connection.execute(_extend, {"owner": user_id, "session": session, "until": until}).rowcount > 0


def list_of(connection: Connection, user_id: int, *, now: datetime) -> list[Session]:
    """Return the account's sessions that have not expired, newest first, MOST at most."""
    return list(connection.execute(_newest, {"owner": user_id, "now": now}).mappings())


def end(connection: Connection, user_id: int, session: UUID) -> None:
    """End one session of the account, and the impersonations begun in it; raises NoSuchRecord."""
    if connection.execute(_end, {"owner": user_id, "session": session}).rowcount == 0:
        raise NoSuchRecord("There is no such session.")


def end_all(connection: Connection, user_id: int, *, keep: UUID | None = None) -> None:
    """End every session of the account but `keep`, with the impersonations begun in them.

    Raises the epoch: exports, and tokens without a session, end as well. The account is locked by the caller.
    """
    epoch = connection.execute(_next_epoch, {"owner": user_id}).scalar()
    if keep is None:
        connection.execute(_end_all, {"owner": user_id})
        return
    connection.execute(_end_others, {"owner": user_id, "keep": keep})
    connection.execute(_carry_over, {"owner": user_id, "session": keep, "new_epoch": epoch})


def end_impersonations(connection: Connection, user_id: int) -> None:
    """End the sessions in which administrators act as the account, and those in which it acts as others."""
    connection.execute(_end_impersonations_of, {"owner": user_id})
    connection.execute(_end_impersonations_by, {"owner": user_id})


def prune(connection: Connection, now: datetime) -> int:
    """Remove some of the sessions that have expired, MOST at most, and return how many."""
    return connection.execute(_prune, {"now": now}).rowcount
