"""The second factor: turned on and off; one-time codes and scratch codes, each accepted once."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core import clock
from core.errors import AuthenticationFailed, MfaTokenInvalid, MfaTokenRequired, Refused
from handlers.support import own_sessions
from handlers.support.reauthentication import reauthenticate
from security import BEARER, Caller, challenge
from services.auth import attempts, mfa, passwords
from services.auth.clients import Client
from services.auth.response_times import pace
from services.container import Services
from storage import accounts, confirmations, security_log

IS_ON = "Multi-factor authentication is already on."
WRONG = "The password or the code is wrong."


def given(token: Any) -> str:
    """The code that a client sent; raises MfaTokenRequired for none (absent, `false`, empty)."""
    if not isinstance(token, str) or not token.strip():
        raise MfaTokenRequired("A one-time code is required.")
    return token


def consume(connection: Connection, services: Services, user_id: int, code: str, now: datetime) -> bool:
    """Whether the code is good, and from now on it is not. Part of a write."""
    account = accounts.lock(connection, user_id)
    if not account["mfa_enabled"]:  # turned off since the caller looked
        return False
    step = mfa.matching_step(account["mfa_secret"], code, now=now, after=account["mfa_step"])
    if step is not None:
        accounts.change(connection, user_id, mfa_step=step)
        return True
    hashed = services.scratch_codes.hash_of(code)
    if hashed not in account["mfa_scratch"]:
        return False
    left = [scratch for scratch in account["mfa_scratch"] if scratch != hashed]
    accounts.change(connection, user_id, mfa_scratch=left)
    return True


async def turn_on(
    services: Services, secret: str, code: str, caller: Caller, client: Client
) -> tuple[accounts.Account, list[str]]:
    """Turn it on with this secret, and return the account and its scratch codes.

    Raises MfaTokenInvalid, and Refused if it is on already.
    """
    step = mfa.matching_step(secret, code, now=clock.now(), after=0)
    if step is None:
        raise MfaTokenInvalid("The one-time code is wrong.")
    codes = mfa.new_scratch_codes()
    hashes = [services.scratch_codes.hash_of(scratch) for scratch in codes]
    fields = {"mfa_enabled": True, "mfa_secret": secret, "mfa_step": step, "mfa_scratch": hashes}
    account = await services.storage.write(_turn_on, fields, caller, client, clock.now())
    services.outbox.wake()
    return account, codes


def _turn_on(
    connection: Connection, fields: dict[str, Any], caller: Caller, client: Client, now: datetime
) -> accounts.Account:
    account = reauthenticate(connection, caller).account
    # Of two requests at once only one may succeed: the secret of the other would be worth nothing.
    if account["mfa_enabled"]:
        raise Refused("mfaActive", IS_ON)
    return _set(connection, account, fields, security_log.MFA_ENABLED, caller, client, now)


async def turn_off(
    services: Services, account: accounts.Account, password: str, code: str, caller: Caller, client: Client
) -> accounts.Account:
    """Turn it off and return the account; raises AuthenticationFailed."""
    began = pace.now()
    attempt = await services.attempts.begin_code("second factor", account["id"])
    verified = await passwords.verify(password, account["password"])
    try:
        if not verified.fits or not account["mfa_enabled"]:
            raise AuthenticationFailed(WRONG)
        changed = await services.storage.write(
            _turn_off, services, code, account["password"], attempt, caller, client, clock.now()
        )
    except AuthenticationFailed as error:
        error.headers = challenge(frozenset({BEARER}))
        # The time must not tell which of the two is wrong.
        await services.failure_times.delay_failure(began, verified)
        raise
    services.outbox.wake()
    return changed


def _turn_off(
    connection: Connection,
    services: Services,
    code: str,
    password_hash: str,
    attempt: attempts.Attempt,
    caller: Caller,
    client: Client,
    now: datetime,
) -> accounts.Account:
    """Turn it off, unless the code is wrong, or the password is no longer the one that was verified."""
    account = reauthenticate(connection, caller).account
    if account["password"] != password_hash or not consume(connection, services, caller.user_id, code, now):
        raise AuthenticationFailed(WRONG)
    attempts.succeeded(connection, attempt)
    fields: dict[str, Any] = {"mfa_enabled": False, "mfa_secret": None, "mfa_scratch": []}
    return _set(connection, account, fields, security_log.MFA_DISABLED, caller, client, now)


def _set(
    connection: Connection,
    account: accounts.Account,
    fields: dict[str, Any],
    event: str,
    caller: Caller,
    client: Client,
    now: datetime,
) -> accounts.Account:
    accounts.change(connection, account["id"], updated_at=now, **fields)
    # A link that was mailed before must not open the account under the new rules.
    confirmations.drop_all(connection, account["id"])
    own_sessions.changed(connection, event, account, caller, client, now)
    return accounts.find(connection, account["id"])
