"""The caller's own account."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from starlette.responses import Response

import clock
import storage
from errors import (
    AlreadyExists,
    AuthenticationFailed,
    EmailTaken,
    InsufficientLevel,
    MfaTokenInvalid,
    NoSuchRecord,
    Refused,
)
from handlers import second_factor, shapes
from handlers.replies import SECRET, success
from handlers.usernames import is_acceptable
from security import Caller
from services import exports, mfa, outbox, passwords, pictures, test_mode
from storage import accounts, confirmations, holdings, mails

LEVEL_FOR_OTHERS_DATA = 8
# What the document says of one request holds for all of them together.
MOST_DATA = 100
LONGEST_NAME = 100
MFA_IS_ON = "Multi-factor authentication is already on."
PLAIN_FIELDS = ("bio", "compare", "consent", "control", "imperial", "language", "newsletter")


async def read_account(caller: Caller) -> Response:
    """The account."""
    return success(account=shapes.account(await storage.read(accounts.find, caller.user_id)))


async def update_account(body: dict[str, Any], caller: Caller) -> Response:
    """Change what was sent; a new address only once its owner has confirmed it."""
    if body.get("confirm") and "confirmation" in body and "check" in body:
        return await _change_email(caller, UUID(body["confirmation"]), body["check"])
    present = await storage.read(accounts.find, caller.user_id)
    fields: dict[str, Any] = {name: body[name] for name in PLAIN_FIELDS if name in body}
    if "password" in body:
        fields["password"] = await passwords.hashed(body["password"])
    if is_acceptable(body.get("username", ""), user_id=caller.user_id):
        fields["username"] = body["username"]
    silent = test_mode.applies(body, present["email"])
    async with pictures.stored(body.get("img"), "user") as img:
        if img is not None:
            fields["img"] = img
        account, issued = await storage.write(
            _update,
            caller.user_id,
            fields,
            body.get("data", {}),
            body.get("email"),
            silent=silent,
            now=clock.now(),
        )
    if img is not None:
        await pictures.discard(present["img"])
    outbox.wake()
    shown: dict[str, Any] = {"account": shapes.account(account)}
    if silent and issued:
        shown["confirmation"] = {"id": str(issued.id), "check": issued.check}
    return success(**shown)


def _update(
    connection: Connection,
    user_id: int,
    fields: dict[str, Any],
    data: dict[str, Any],
    email: str | None,
    *,
    silent: bool,
    now: datetime,
) -> tuple[accounts.Account, confirmations.Issued | None]:
    account = accounts.edit(connection, user_id, fields=fields, data=data, now=now)
    if len(account["data"]) > MOST_DATA or any(len(name) > LONGEST_NAME for name in account["data"]):
        limits = f"at most {MOST_DATA} keys of at most {LONGEST_NAME} characters"
        raise Refused("validationFailed", f"The data of an account has {limits}.")
    new = (email or "").strip().lower()
    if not new or new == account["email"]:
        return account, None
    issued = confirmations.issue(
        connection, confirmations.EMAIL_CHANGE, user_id=user_id, data={"email": new}, now=now
    )
    letter = {
        "kind": "emailchange",
        "language": account["language"],
        "to": new,
        "cc": account["email"],
        "link": f"/confirm/emailchange/{issued.id}/{issued.check}",
    }
    if not silent:
        mails.enqueue(connection, letter, user_id=user_id, now=now)
    return account, issued


async def _change_email(caller: Caller, confirmation_id: UUID, check: str) -> Response:
    try:
        account = await storage.write(_complete_email_change, caller.user_id, confirmation_id, check, clock.now())
    except AlreadyExists:
        raise EmailTaken("The address became another account's in the meantime.") from None
    return success(account=shapes.account(account))


def _complete_email_change(
    connection: Connection, user_id: int, confirmation_id: UUID, check: str, now: datetime
) -> accounts.Account:
    kinds = (confirmations.EMAIL_CHANGE,)
    found = confirmations.find(connection, confirmation_id, check=check, kinds=kinds, now=now)
    if found["user_id"] != user_id:
        raise NoSuchRecord("There is no such confirmation, or it was used or has expired.")
    confirmations.use_up(connection, confirmation_id)
    email = found["data"]["email"]
    accounts.change(connection, user_id, email=email, ehash=accounts.email_hash(email), updated_at=now)
    return accounts.find(connection, user_id)


async def remove_account(caller: Caller) -> Response:
    """Remove the account, all that it owns, and its pictures."""
    owned = await storage.read(holdings.of, caller.user_id)
    await storage.write(accounts.remove, caller.user_id)
    await pictures.discard(owned.account["img"], *(row["img"] for row in owned.sets))
    return success(data={})


async def restrict_account(caller: Caller) -> Response:
    """Freeze the account."""
    await storage.write(accounts.set_status, caller.user_id, accounts.RESTRICTED, clock.now())
    return success(data={})


restrict_account_v3 = restrict_account


async def export_account(caller: Caller) -> Response:
    """An address, good for a day, from which the account's data can be had."""
    account = await storage.read(accounts.find, caller.user_id)
    export = exports.address(account, clock.now())
    return success(data=export["url"], export=export, headers=SECRET)


async def configure_mfa(body: dict[str, Any], caller: Caller) -> Response:
    """Hand out a secret, turn multi-factor authentication on with it, or turn it off."""
    account = await storage.read(accounts.find, caller.user_id)
    if not body["mfa"]:
        return await _disable_mfa(account, body["password"], body["token"])
    if account["mfa_enabled"]:
        raise Refused("mfaActive", MFA_IS_ON)
    if "secret" in body and "token" in body:
        return await _enable_mfa(account, body["secret"], body["token"])
    secret = mfa.new_secret()
    address = mfa.otpauth(secret, account["username"])
    return success(mfa={"secret": secret, "otpauth": address, "qrcode": mfa.qrcode(address)}, headers=SECRET)


async def _enable_mfa(account: accounts.Account, secret: str, code: str) -> Response:
    step = mfa.matching_step(secret, code, now=clock.now(), after=0)
    if step is None:
        raise MfaTokenInvalid("The code does not fit the secret.")
    codes = mfa.new_scratch_codes()
    fields = {
        "mfa_enabled": True,
        "mfa_secret": secret,
        "mfa_step": step,
        "mfa_scratch": [mfa.hash_of(scratch) for scratch in codes],
    }
    changed = await storage.write(_turn_on_mfa, account["id"], fields, clock.now())
    return success(account=shapes.account(changed), scratchCodes=codes, headers=SECRET)


def _turn_on_mfa(connection: Connection, user_id: int, fields: dict[str, Any], now: datetime) -> accounts.Account:
    # Of two who turn it on at once only one may succeed: the other's secret would be worth nothing.
    if accounts.lock(connection, user_id)["mfa_enabled"]:
        raise Refused("mfaActive", MFA_IS_ON)
    return accounts.edit(connection, user_id, fields=fields, data={}, now=now)


async def _disable_mfa(account: accounts.Account, password: str, code: str) -> Response:
    verified = await passwords.verify(password, account["password"])
    if not verified.fits or not account["mfa_enabled"]:
        raise AuthenticationFailed("The password or the code is wrong.")
    if not await storage.write(second_factor.consume, account["id"], code, clock.now()):
        raise AuthenticationFailed("The password or the code is wrong.")
    fields: dict[str, Any] = {"mfa_enabled": False, "mfa_secret": None, "mfa_scratch": []}
    changed = await storage.write(accounts.edit, account["id"], fields=fields, data={}, now=clock.now())
    return success(account=shapes.account(changed))


async def check_username(body: dict[str, Any], caller: Caller) -> Response:
    """200 if the name cannot be had, not found if it is free."""
    name = body["username"]
    acceptable = is_acceptable(name, user_id=caller.user_id)
    if acceptable and await storage.read(accounts.find_by_username, name) is None:
        raise NoSuchRecord("This user name is free.")
    return success(username=name, available=False)


async def read_all_data(id: str, caller: Caller) -> Response:
    """All that an account owns, the caller's own or, from level 8, anyone's."""
    account = await storage.read(accounts.find_by_handle, id)
    if account is None or not caller.may(LEVEL_FOR_OTHERS_DATA, owner=account["id"]):
        # Whether there is such an account is not for everyone to know.
        if caller.level < LEVEL_FOR_OTHERS_DATA:
            raise InsufficientLevel("This is not the caller's own account.")
        raise NoSuchRecord("There is no such account.")
    return success(data=shapes.owned(await storage.read(holdings.of, account["id"])))
