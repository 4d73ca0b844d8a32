"""Authenticate a caller again, inside the transaction whose result outlives the request.

Between authentication and the transaction of the handler the account may be blocked, demoted or removed, the consent
withdrawn, the session ended, the API key revoked. Whatever ends access locks the account first, and so does this:
either the end sees the result of the transaction and ends that, too, or the transaction sees the end and is rejected.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, NamedTuple, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from core import clock
from core.errors import KeyExpired, KeyRevoked, Unauthorized
from security import BASIC, BEARER, Caller, challenge, key_caller, require_consent_and_level, revoked, token_caller
from services.auth import credentials
from services.auth.tokens import Session
from storage import accounts, apikeys, sessions

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Locked = dict[int, accounts.Account]


class Reauthenticated(NamedTuple):
    """The caller as the transaction sees it, and the locked account.

    The caller's level may be lower than it was before. `until` is when the secret of an API key ends; None with a
    token. Nothing that this caller creates may give access for longer.
    """

    caller: Caller
    account: accounts.Account
    until: datetime | None


def reauthenticate(connection: Connection, caller: Caller, *others: int) -> Reauthenticated:
    """Lock the account of the caller and authenticate the caller again. Part of a write, and its first statement.

    `others` are the numbers of further accounts that the transaction changes. All are locked in ascending order, so
    that two transactions never wait for each other. Whether they exist is not checked.

    Raises Unauthorized, KeyExpired, KeyRevoked, ConsentLacking, InsufficientLevel.
    """
    actors = {caller.user_id} if caller.by is None else {caller.user_id, caller.by}
    locked = accounts.lock_all(connection, actors | set(others))
    try:
        again = _again(connection, caller, locked)
    except (Unauthorized, KeyExpired, KeyRevoked) as error:
        error.headers = challenge(frozenset({BASIC if caller.key else BEARER}))
        raise
    require_consent_and_level(again.caller, caller.need)
    return again


def reauthenticated(
    connection: Connection,
    caller: Caller,
    work: Callable[Concatenate[Connection, Arguments], Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """Reauthenticate the caller, then return the result of the work. Raises what both raise."""
    reauthenticate(connection, caller)
    return work(connection, *args, **kwargs)


def _again(connection: Connection, caller: Caller, locked: Locked) -> Reauthenticated:
    account = locked.get(caller.user_id)
    if account is None:
        raise Unauthorized("The account was removed.")
    until = None
    if caller.key is None:
        again = _by_token(connection, caller)
    else:
        again, until = _by_key(connection, caller, caller.key)
    return Reauthenticated(again._replace(need=caller.need, request_id=caller.request_id), account, until)


def _by_token(connection: Connection, caller: Caller) -> Caller:
    session = Session(caller.user_id, caller.epoch or 0, clock.now(), caller.by, caller.session)
    session_status = sessions.find_status(connection, caller.user_id, caller.session)
    admin = None if caller.by is None else sessions.find_administrator(connection, caller.session)
    return token_caller(session, session_status, admin)


def _by_key(connection: Connection, caller: Caller, key: UUID) -> tuple[Caller, datetime]:
    key_status = apikeys.find_status(connection, key)
    until = None if key_status is None else credentials.end_of_secret(key_status, caller.secret_hash)
    now = clock.now()
    if key_status is None or until is None or until <= now < key_status.expires_at:
        raise Unauthorized("There is no API key with this secret.")
    if key_status.revoked_at is not None:
        raise revoked(apikeys.find_end(connection, key_status.id), clock.iso(key_status.revoked_at))
    return key_caller(key, key_status, caller.secret_hash, now), until
