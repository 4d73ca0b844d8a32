"""Sessions of an account: opening and ending them, and the mail that tells its owner."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from handlers.support import audited_changes
from handlers.support.reauthentication import reauthenticate
from security import Caller
from services.auth import tokens
from services.auth.clients import Client
from services.container import Services
from storage import accounts, security_log, security_mails, sessions


class SignIn(NamedTuple):
    """The request that opens a session, where it comes from, and when."""

    id: UUID
    client: Client
    now: datetime


class SignedIn(NamedTuple):
    """An account, and the session that was opened."""

    account: accounts.Account
    session: UUID


def open_session(
    connection: Connection, services: Services, account: accounts.Account, means: str, request: SignIn
) -> SignedIn:
    """Open a session of the account, which is locked; record by what means and whether with a second factor."""
    user_id, now = account["id"], request.now
    details = {"means": means, "mfa": account["mfa_enabled"]}
    origin = security_log.Origin(security_log.OWNER, request.id)
    security_log.record(connection, user_id, security_log.SIGNED_IN, now=now, origin=origin, **details)
    client, until = request.client, now + tokens.LIFETIME
    services.attempts.remember(connection, user_id, client.address, now)
    session = sessions.begin(connection, account, network=client.network, agent=client.agent, now=now, until=until)
    return SignedIn(accounts.find(connection, user_id), session)


def end(connection: Connection, session: UUID, caller: Caller, now: datetime) -> None:
    """End one session of the caller's account; raises NoSuchRecord. Part of a write."""
    reauthenticate(connection, caller)
    sessions.end(connection, caller.user_id, session)
    _record(connection, security_log.SESSION_ENDED, caller, now)


def end_all(connection: Connection, keep: UUID | None, caller: Caller, now: datetime) -> None:
    """End every session of the caller's account but `keep`. Part of a write."""
    reauthenticate(connection, caller)
    sessions.end_all(connection, caller.user_id, keep=keep)
    _record(connection, security_log.SESSIONS_ENDED, caller, now)


def changed(
    connection: Connection, event: str, account: accounts.Account, caller: Caller, client: Client, now: datetime
) -> None:
    """End all other sessions because the password or the second factor changed, record it, and mail the owner.

    `event` is one of `events`; `account` is the locked account. Part of a write.
    """
    sessions.end_all(connection, account["id"], keep=caller.session)
    security_mails.tell(connection, account, event, network=client.network, now=now)
    _record(connection, event, caller, now)


def _record(connection: Connection, event: str, caller: Caller, now: datetime) -> None:
    security_log.record(
        connection, caller.user_id, event, now=now, origin=audited_changes.origin(caller, caller.user_id)
    )
