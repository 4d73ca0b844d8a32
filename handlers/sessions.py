"""Sign up, sign in, and give consent."""

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from core.email_addresses import shown
from core.errors import ConcurrentDeletion, NoSuchRecord, SignInFailed, StorageUnavailable
from handlers.serializers.accounts import account_for_owner
from handlers.serializers.apikeys import api_key_for_itself
from handlers.support import audited_changes, second_factor, sign_in_links, sign_ups
from handlers.support.mail_addresses import stored_address
from handlers.support.own_sessions import SignedIn, SignIn, open_session
from handlers.support.quota_states import quota_states
from handlers.support.reauthentication import reauthenticated
from handlers.support.responses import SECRET, created, success
from security import Caller, may_sign_in
from services import test_mode
from services.auth import attempts, passwords, tokens
from services.auth.clients import Client
from services.auth.response_times import SECONDS, pace, steady
from services.container import Services
from storage import accounts, apikeys, confirmations, security_log, sessions

# The means of a sign-in.
PASSWORD, LINK, SIGN_UP = "password", "link", "signUp"
# A password is verified again if the stored hash changed meanwhile, up to this many times in all.
MOST_VERIFICATIONS = 3
LINK_FAILED = "Sign-in failed. The one-time code is wrong, or the account may not sign in."
LINKS = (confirmations.SIGN_IN, confirmations.HAVE_ACCOUNT)


async def sign_up(body: dict[str, Any], services: Services) -> Response:
    """Make an account for the address, or tell its owner that there is one; the caller cannot see which."""
    email = stored_address(body["email"])
    await services.limits.spend_mail("signup", email)
    in_test = services.test_mode.applies(body, email)
    role = sign_ups.test_role(body) if in_test else "user"
    password = await passwords.hashed(clock.new_check())
    async with steady(0 if in_test else SECONDS):
        issued = await services.storage.write(
            sign_ups.request,
            email,
            body.get("language", "en"),
            role=role,
            password=password,
            silent=in_test,
            now=clock.now(),
        )
    services.outbox.wake()
    if in_test and issued:
        return created(email=shown(email), **test_mode.returned(issued.id, issued.check))
    return created(email=shown(email))


async def confirm_sign_up(
    id: str, body: dict[str, Any], request_id: str, client: Client, services: Services
) -> Response:
    """Activate the account that the confirmation is for, and sign in."""
    request = SignIn(UUID(request_id), client, clock.now())
    return _token(
        services,
        await services.storage.write(
            _confirm_sign_up, services, UUID(id), body["consent"], body.get("check"), request
        ),
    )


def _confirm_sign_up(
    connection: Connection,
    services: Services,
    confirmation_id: UUID,
    consent: int,
    check: str | None,
    request: SignIn,
) -> SignedIn:
    now = request.now
    found = confirmations.find(connection, confirmation_id, check=check, kinds=(confirmations.SIGN_UP,), now=now)
    account = accounts.lock(connection, found["user_id"])
    confirmations.use_up(connection, confirmation_id)
    if account["status"] != accounts.INACTIVE:
        raise NoSuchRecord("The confirmation does not exist, was used, or has expired.")
    accounts.change(connection, account["id"], status=accounts.ACTIVE, consent=consent, updated_at=now)
    return open_session(connection, services, account, SIGN_UP, request)


async def read_confirmation(id: str, check: str, services: Services) -> Response:
    """Say that a link is still good."""
    await services.storage.read(confirmations.find, UUID(id), check=check, kinds=(), now=clock.now())
    return success(confirmation={"id": id, "check": check}, headers=SECRET)


async def sign_in(body: dict[str, Any], request_id: str, client: Client, services: Services) -> Response:
    """Exchange a password, and a one-time code where one is needed, for a token."""
    began = pace.now()
    attempt = await services.attempts.begin(body["username"], client.address)
    request = SignIn(UUID(request_id), client, clock.now())
    return _token(services, await _signed_in(services, attempt, body, request, began))


async def _signed_in(
    services: Services, attempt: attempts.Attempt, body: dict[str, Any], request: SignIn, began: float
) -> SignedIn:
    account = attempt.account
    for _ in range(MOST_VERIFICATIONS):
        if account is None and attempt.refusal is not None:
            verified = await passwords.verify_nothing()  # the caller is over its limit
        else:
            verified = await passwords.verify(body["password"], account["password"] if account else None)
        async with _failures(services, attempt, verified, request, began):
            if (
                account is None
                or not verified.fits
                or not attempt.accepts
                or not may_sign_in(account["role"], account["status"])
            ):
                raise attempts.failed(body.get("token"))
            admitted = await services.storage.write(
                _admit, services, account, body.get("token"), verified.upgrade, attempt, request
            )
        if admitted is not None:
            return admitted
        account = await services.storage.read(accounts.find_by_login, body["username"])
    raise attempts.failed(body.get("token"))


@contextlib.asynccontextmanager
async def _failures(
    services: Services, attempt: attempts.Attempt, verified: passwords.Verified, request: SignIn, began: float
) -> AsyncIterator[None]:
    """Record a failure, and answer every one with the same error after the same time."""
    try:
        yield
    except SignInFailed as failed:
        if attempt.account is not None:
            await _keep_failure(services, attempt.account["id"], request.id)
        await services.failure_times.delay_failure(began, verified, evenly=attempt.refusal is None)
        raise (attempt.refusal or failed) from None


def _admit(
    connection: Connection,
    services: Services,
    verified: accounts.Account,
    token: Any,
    upgrade: str | None,
    attempt: attempts.Attempt,
    request: SignIn,
) -> SignedIn | None:
    """Use up the second factor, open a session, and return it with the account as it is now.

    None if the stored password is no longer the one that was verified: changed by the owner, or upgraded by another
    sign-in. Raises SignInFailed and MfaTokenRequired.
    """
    account = accounts.lock_all(connection, [verified["id"]]).get(verified["id"])
    if account is None or not may_sign_in(account["role"], account["status"]):
        raise attempts.failed(token)
    if account["password"] != verified["password"]:
        return None
    if account["mfa_enabled"] and not second_factor.consume(
        connection, services, account["id"], second_factor.given(token), request.now
    ):
        raise attempts.failed(token)
    attempts.succeeded(connection, attempt)
    if upgrade is not None:
        accounts.change(connection, account["id"], password=upgrade)
    return open_session(connection, services, account, PASSWORD, request)


async def _keep_failure(services: Services, user_id: int, request_id: UUID) -> None:
    """Record a failed sign-in. The response is the same if that fails, or if the account is removed meanwhile."""
    with contextlib.suppress(StorageUnavailable, ConcurrentDeletion):
        await services.storage.write(security_log.record_failure, user_id, now=clock.now(), request_id=request_id)


async def request_sign_in_link(body: dict[str, Any], client: Client, services: Services) -> Response:
    """Mail a link to the account's owner, if there is such an account; the answer is the same if not."""
    async with steady():
        refusal = await services.storage.write(
            sign_in_links.request, services, body["username"], client.address, clock.now()
        )
        services.outbox.wake()
    if refusal is not None:
        raise refusal
    return success(headers=SECRET, result="emailSent")


async def sign_in_by_link(
    id: str, body: dict[str, Any], request_id: str, client: Client, services: Services
) -> Response:
    """Exchange a link for a token, once (version 4)."""
    request = SignIn(UUID(request_id), client, clock.now())
    return await _by_link(services, UUID(id), body["check"], body.get("token"), request)


async def sign_in_by_full_link(
    id: str, check: str, body: dict[str, Any], request_id: str, client: Client, services: Services
) -> Response:
    """Exchange a link for a token, once (version 3)."""
    request = SignIn(UUID(request_id), client, clock.now())
    return await _by_link(services, UUID(id), check, body.get("token"), request)


async def _by_link(services: Services, confirmation_id: UUID, check: str, token: Any, request: SignIn) -> Response:
    found = await services.storage.read(
        confirmations.find, confirmation_id, check=check, kinds=LINKS, now=request.now
    )
    # With a wrong code the link stays good: the codes must not be tried one after the other, nor with many links.
    attempt = await services.attempts.begin_code("link", str(confirmation_id), found["user_id"])
    try:
        return _token(
            services,
            await services.storage.write(_use_link, services, confirmation_id, check, token, attempt, request),
        )
    except SignInFailed:
        await _keep_failure(services, found["user_id"], request.id)
        raise


def _use_link(
    connection: Connection,
    services: Services,
    confirmation_id: UUID,
    check: str,
    token: Any,
    attempt: attempts.Attempt,
    request: SignIn,
) -> SignedIn:
    now = request.now
    found = confirmations.find(connection, confirmation_id, check=check, kinds=LINKS, now=now)
    account = accounts.lock(connection, found["user_id"])
    if not may_sign_in(account["role"], account["status"]):
        raise SignInFailed(LINK_FAILED)
    # Without a code, or with a wrong one, the link stays good: the transaction is undone.
    if account["mfa_enabled"] and not (
        second_factor.consume(connection, services, account["id"], second_factor.given(token), now)
        and attempt.accepts
    ):
        raise SignInFailed(LINK_FAILED)
    confirmations.use_up(connection, confirmation_id)
    attempts.succeeded(connection, attempt)
    return open_session(connection, services, account, LINK, request)


async def who_am_i(caller: Caller, services: Services) -> Response:
    """Return the account of a token, or the API key with its use and quotas."""
    if caller.key:
        found = await services.storage.read(apikeys.find_self, caller.key, clock.day(clock.now()))
        quotas = quota_states(
            services.limits.limiter, caller.user_id, caller.account_quotas, caller.key_id, caller.key_quotas
        )
        return success(apikey=api_key_for_itself(found, quotas))
    return success(account=account_for_owner(await services.storage.read(accounts.find, caller.user_id)))


async def give_consent(body: dict[str, Any], caller: Caller, client: Client, services: Services) -> Response:
    """Store the consent and return a new token of the same session."""
    audited_changes.require_owner(caller)
    consented = await services.storage.write(
        reauthenticated, caller, _consent, body["consent"], caller, client, clock.now()
    )
    services.outbox.wake()
    return _token(services, consented)


def _consent(connection: Connection, consent: int, caller: Caller, client: Client, now: datetime) -> SignedIn:
    origin = audited_changes.origin(caller, caller.user_id)
    account = accounts.edit(connection, caller.user_id, fields={"consent": consent}, data={}, origin=origin, now=now)
    until = now + tokens.LIFETIME
    session = caller.session
    if session is None or not sessions.extend(connection, caller.user_id, session, until=until):
        session = sessions.begin(
            connection, account, network=client.network, agent=client.agent, now=now, until=until
        )
    return SignedIn(account, session)


def _token(services: Services, signed_in: SignedIn) -> Response:
    account, session = signed_in
    return success(
        token=services.tokens.issue(account, session, clock.now()), account=account_for_owner(account), headers=SECRET
    )
