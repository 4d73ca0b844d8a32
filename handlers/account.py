"""The caller's own account."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from core.errors import InsufficientLevel, NoSuchRecord, Refused
from core.etags import Preconditions
from handlers.serializers.access import session_for_owner
from handlers.serializers.accounts import account_for_owner, email_change_for_owner, event_for_owner
from handlers.support import account_data, audited_changes, email_change, own_sessions, public_records, second_factor
from handlers.support.account_data import AccountData
from handlers.support.mail_addresses import stored_address
from handlers.support.paging import page_of, shown
from handlers.support.preconditions import account_tag, require_account
from handlers.support.reauthentication import reauthenticate, reauthenticated
from handlers.support.responses import PRIVATE, SECRET, last_modified, no_content, success
from handlers.support.usernames import is_acceptable
from security import Caller
from services import exports, test_mode
from services.auth import mfa, passwords
from services.auth.clients import Client
from services.auth.response_times import SECONDS, steady
from services.auth.tokens import Export
from services.container import Services
from storage import account_data as stored_data
from storage import accounts, audit_log, confirmations, image_removals, security_log, sessions

LEVEL_FOR_OTHERS_DATA = 8
# What the document says of one request holds for all of them together.
MOST_DATA = 100
LONGEST_NAME = 100
# Members that an administrator who impersonates the account cannot change.
OWNERS_ALONE = frozenset({"consent", "password", "email", "confirm"})
PLAIN_FIELDS = ("bio", "compare", "consent", "control", "imperial", "language", "newsletter", "notices")


async def read_account(caller: Caller, services: Services) -> Response:
    """The account."""
    return _account(await services.storage.read(accounts.find, caller.user_id))


async def update_account(
    body: dict[str, Any], preconditions: Preconditions, caller: Caller, client: Client, services: Services
) -> Response:
    """Change the given members; a new address only once its owner has confirmed it."""
    if OWNERS_ALONE & body.keys():
        audited_changes.require_owner(caller)
    if body.get("confirm") and "confirmation" in body and "check" in body:
        return await _change_email(services, caller, client, body, preconditions)
    if "email" in body:
        body = {**body, "email": stored_address(body["email"])}
        await _count_mails(services, body["email"], caller)
    fields: dict[str, Any] = {name: body[name] for name in PLAIN_FIELDS if name in body}
    if "password" in body:
        if passwords.is_common(body["password"]):
            raise Refused("passwordTooCommon", "The password is one of the 10,000 most common. Choose another one.")
        fields["password"] = await passwords.hashed(body["password"])
    if is_acceptable(body.get("username", ""), user_id=caller.user_id):
        fields["username"] = body["username"]
    async with services.images.stored(body.get("img"), "user") as img:
        if img is not None:
            fields["img"] = img
        # Whether the new address has an account must not show in the response time.
        async with steady(SECONDS if _is_quiet(services, body) else 0):
            updated = await services.storage.write(
                _update, services, caller, client, fields, body, preconditions, clock.now()
            )
    if img is not None:
        await services.images.discard(updated.former_img)
    services.outbox.wake()
    return _account(updated.account, **_in_test_mode(services, updated, body))


def _is_quiet(services: Services, body: dict[str, Any]) -> bool:
    """Return whether the request names an address and is not of a test suite, which reads the whole reply."""
    return "email" in body and not services.test_mode.applies(body, body["email"])


async def _count_mails(services: Services, email: str, caller: Caller) -> None:
    """Count the mails of a change of address: for the new address, and for the account. Raises QuotaExceeded."""
    await services.limits.spend_mail("emailchange", email)
    await services.limits.spend_of_account("mails", caller.user_id)


def _account(row: accounts.Account, **more: Any) -> Response:
    headers = {**PRIVATE, "ETag": account_tag(row), **last_modified(row["updated_at"])}
    return success(account=account_for_owner(row), **more, headers=headers)


class _Updated(NamedTuple):
    account: accounts.Account
    former_img: str
    former_email: str
    issued: confirmations.Issued | None


def _update(
    connection: Connection,
    services: Services,
    caller: Caller,
    client: Client,
    fields: dict[str, Any],
    body: dict[str, Any],
    preconditions: Preconditions,
    now: datetime,
) -> _Updated:
    user_id, origin = caller.user_id, audited_changes.origin(caller, caller.user_id)
    former = reauthenticate(connection, caller).account
    require_account(preconditions, former)
    account = accounts.edit(connection, user_id, fields=fields, data=body.get("data", {}), origin=origin, now=now)
    if len(account["data"]) > MOST_DATA or any(len(name) > LONGEST_NAME for name in account["data"]):
        most = f"at most {MOST_DATA} keys of at most {LONGEST_NAME} characters"
        raise Refused("validationFailed", f"The data of an account has {most}.")
    if "img" in fields:
        image_removals.schedule(connection, [former["img"]])
    if "password" in fields:
        confirmations.drop_all(connection, user_id)
        own_sessions.changed(connection, security_log.PASSWORD_CHANGED, account, caller, client, now)
    issued = None
    if "email" in body:
        silent = services.test_mode.applies(body, former["email"])
        issued = email_change.request(connection, account, body["email"], silent=silent, now=now)
    return _Updated(account, former["img"], former["email"], issued)


def _in_test_mode(services: Services, updated: _Updated, body: dict[str, Any]) -> dict[str, Any]:
    if updated.issued is None or not services.test_mode.applies(body, updated.former_email):
        return {}
    return test_mode.returned(updated.issued.id, updated.issued.check)


async def _change_email(
    services: Services, caller: Caller, client: Client, body: dict[str, Any], preconditions: Preconditions
) -> Response:
    account = await services.storage.write(_complete_change, caller, client, body, preconditions, clock.now())
    services.outbox.wake()
    return _account(account)


def _complete_change(
    connection: Connection,
    caller: Caller,
    client: Client,
    body: dict[str, Any],
    preconditions: Preconditions,
    now: datetime,
) -> accounts.Account:
    former = reauthenticate(connection, caller).account
    require_account(preconditions, former)
    # The mail goes to the former address: an attacker may have the new one.
    own_sessions.changed(connection, security_log.EMAIL_CHANGED, former, caller, client, now)
    return email_change.complete(connection, caller.user_id, UUID(body["confirmation"]), body["check"], now)


async def read_email_change(caller: Caller, services: Services) -> Response:
    """Return the change of the address that waits for its confirmation, or null."""
    kind = confirmations.EMAIL_CHANGE
    pending = await services.storage.read(confirmations.find_pending, caller.user_id, kind, now=clock.now())
    return success(emailChange=None if pending is None else email_change_for_owner(pending))


async def cancel_email_change(caller: Caller, services: Services) -> Response:
    """Cancel the change of the address that waits for its confirmation."""
    audited_changes.require_owner(caller)
    await services.storage.write(reauthenticated, caller, email_change.cancel, caller.user_id)
    return no_content()


async def remove_account(preconditions: Preconditions, caller: Caller, services: Services) -> Response:
    """Remove the account, all that it owns, and its images."""
    audited_changes.require_owner(caller)
    await services.images.discard(*await public_records.write(services, _remove, caller, preconditions))
    return success(data={})


def _remove(connection: Connection, caller: Caller, preconditions: Preconditions) -> list[str]:
    # Locked first, so that nothing is added between the reading and the removal.
    require_account(preconditions, reauthenticate(connection, caller).account)
    return stored_data.remove(connection, caller.user_id)


async def restrict_account(caller: Caller, services: Services) -> Response:
    """Freeze the account."""
    audited_changes.require_owner(caller)
    await services.storage.write(_restrict, caller, clock.now())
    services.outbox.wake()
    return success(data={})


def _restrict(connection: Connection, caller: Caller, now: datetime) -> None:
    origin = audited_changes.origin(caller, caller.user_id)
    reauthenticate(connection, caller)
    accounts.set_status(connection, caller.user_id, accounts.RESTRICTED, origin=origin, now=now)
    security_log.record(connection, caller.user_id, security_log.ACCOUNT_RESTRICTED, now=now, origin=origin)


restrict_account_v3 = restrict_account


async def export_account(caller: Caller, services: Services) -> Response:
    """Return an address from which the account's data can be downloaded, for a day at most."""
    audited_changes.require_owner(caller)
    now = clock.now()
    export = services.exports.shown(await services.storage.write(_export, caller, now), now)
    return success(data=export["url"], export=export, headers=SECRET)


def _export(connection: Connection, caller: Caller, now: datetime) -> Export:
    """Return an export that ends with the caller's credentials."""
    _, account, until = reauthenticate(connection, caller)
    if caller.key is not None:
        return exports.by_key(account, caller.key, caller.secret_hash, until=until, now=now)
    session = caller.session
    until = None if session is None else sessions.find_expiry(connection, session)
    return exports.by_session(account, session, until=until, now=now)


async def list_events(limit: int | None, cursor: str | None, caller: Caller, services: Services) -> Response:
    """What happened to the security of the caller's account, newest first."""
    page = page_of(limit, cursor)
    found = await services.storage.read(security_log.page, caller.user_id, **page.window)
    listed, link = shown(services, page, found, event_for_owner, "/account/events")
    return success(events=listed, headers={**PRIVATE, **link})


async def list_sessions(caller: Caller, services: Services) -> Response:
    """The sessions of the account, newest first."""
    found = await services.storage.read_in_background(sessions.list_of, caller.user_id, now=clock.now())
    return success(sessions=[session_for_owner(row, caller.session) for row in found], headers=PRIVATE)


async def end_session(id: str, caller: Caller, services: Services) -> Response:
    """End one session; an administrator who acts as the account can end that of the request alone."""
    session = UUID(id)
    if session != caller.session:
        audited_changes.require_owner(caller)
    await services.storage.write(own_sessions.end, session, caller, clock.now())
    return no_content()


async def end_sessions(all: bool | None, caller: Caller, services: Services) -> Response:
    """End every session but the caller's own, or all of them."""
    audited_changes.require_owner(caller)
    await services.storage.write(own_sessions.end_all, None if all else caller.session, caller, clock.now())
    return no_content()


async def configure_mfa(body: dict[str, Any], caller: Caller, client: Client, services: Services) -> Response:
    """Return a new secret, turn multi-factor authentication on with it, or turn it off."""
    audited_changes.require_owner(caller)
    account = await services.storage.read(accounts.find, caller.user_id)
    if not body["mfa"]:
        changed = await second_factor.turn_off(services, account, body["password"], body["token"], caller, client)
        return success(account=account_for_owner(changed))
    if account["mfa_enabled"]:
        raise Refused("mfaActive", second_factor.IS_ON)
    if "secret" in body and "token" in body:
        changed, codes = await second_factor.turn_on(services, body["secret"], body["token"], caller, client)
        return success(account=account_for_owner(changed), scratchCodes=codes, headers=SECRET)
    secret = mfa.new_secret()
    address = mfa.otpauth(secret, account["username"])
    return success(mfa={"secret": secret, "otpauth": address, "qrcode": mfa.qrcode(address)}, headers=SECRET)


async def check_username(body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """200 if the name cannot be had, not found if it is free."""
    name = body["username"]
    acceptable = is_acceptable(name, user_id=caller.user_id)
    if acceptable and await services.storage.read(accounts.find_by_username, name) is None:
        raise NoSuchRecord("This user name is free.")
    return success(username=name, available=False)


async def read_all_data(id: str, caller: Caller, services: Services) -> Response:
    """All that an account owns, the caller's own or, from level 8 and on the record, anyone's."""
    account = await services.storage.read(accounts.find_by_handle, id)
    if account is None or not caller.may(LEVEL_FOR_OTHERS_DATA, owner=account["id"]):
        # Whether there is such an account is not for everyone to know.
        if caller.level < LEVEL_FOR_OTHERS_DATA:
            raise InsufficientLevel("This is not the caller's own account.")
        raise NoSuchRecord("There is no such account.")
    if account["id"] != caller.user_id:
        account = await services.storage.write(_find_for_staff, caller, account["id"], clock.now())
    chunks = account_data.document(
        account_data.owned(services, account), begin=b'{"result":"success","data":{', end=b"}}"
    )
    return AccountData(chunks, reader=caller.user_id, streaming=services.exports.streaming, headers=PRIVATE)


def _find_for_staff(connection: Connection, caller: Caller, user_id: int, now: datetime) -> accounts.Account:
    """Return the account, of which staff read all data, on the record."""
    audited_changes.record_action(connection, caller, audit_log.READ_DATA, owner=user_id, now=now)
    return accounts.find(connection, user_id)
