"""`users`: look at an account, and change what only staff may change, with the record of it that staff leave."""

from typing import Any

import clock
import email_addresses
import storage
from commands import tables
from commands.work import LOGIN, Parsers, account, command, connected, group, operator
from security import ROLE_LEVELS
from settings import Settings
from storage import accounts, administration

STATUSES = {
    "active": accounts.ACTIVE,
    "inactive": accounts.INACTIVE,
    "restricted": accounts.RESTRICTED,
    "disabled": accounts.DISABLED,
}
# Nobody goes back to an address that is not confirmed.
SETTABLE = [name for name in STATUSES if name != "inactive"]


def add(parsers: Parsers) -> None:
    """`users show|role|status|block`."""
    users = group(parsers, "users", "look at accounts and change them")
    show = command(users, "show", _show, "show an account")
    role = command(users, "role", _role, "give an account a role; keys above its level are revoked for good")
    status = command(users, "status", _status, "give an account a status; all but active ends sessions and keys")
    block = command(users, "block", _block, "shut an account out; its keys are revoked for good")
    for made in (show, role, status, block):
        made.add_argument("login", help=LOGIN)
    role.add_argument("role", choices=ROLE_LEVELS)
    status.add_argument("status", choices=SETTABLE)


def _show(settings: Settings, options: Any) -> None:
    found = connected(settings, lambda: _load(options.login))
    names = {number: name for name, number in STATUSES.items()}
    tables.record(
        {
            "number": found["id"],
            "uuid": found["uuid"],
            "user name": found["username"],
            "e-mail": email_addresses.shown(found["email"]),
            "language": found["language"],
            "role": found["role"],
            "status": names[found["status"]],
            "consent": found["consent"],
            "second factor": "on" if found["mfa_enabled"] else "off",
            "created": found["created_at"],
            "last seen": found["last_seen"],
            "calls by token": found["jwt_calls"],
            "calls by key": found["key_calls"],
        }
    )


async def _load(login: str) -> accounts.Account:
    handle = str((await account(login))["id"])
    return await storage.write(administration.load, handle, by=operator(), now=clock.now())


def _role(settings: Settings, options: Any) -> None:
    connected(settings, lambda: _give(options.login, {"role": options.role}, ROLE_LEVELS[options.role]))


def _status(settings: Settings, options: Any) -> None:
    connected(settings, lambda: _give(options.login, {"status": STATUSES[options.status]}))


def _block(settings: Settings, options: Any) -> None:
    connected(settings, lambda: _give(options.login, {"role": accounts.BLOCKED}))


async def _give(login: str, wanted: dict[str, Any], level: int = -1) -> None:
    """Change an account as staff would, and keep that the operator did."""
    user_id = (await account(login))["id"]
    await storage.write(administration.update, user_id, wanted, level=level, by=operator(), now=clock.now())
