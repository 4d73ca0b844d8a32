"""`users`: look at accounts, and change what only staff may change, with the record of it that staff leave."""

from typing import Any

import storage
from commands import account_files, tables
from commands.work import (
    LOGIN,
    Parsers,
    account,
    can_be_confirmed,
    command,
    confirm,
    connected,
    group,
    operator,
    paged,
    say_more,
)
from core import clock, email_addresses
from security import ROLE_LEVELS
from settings import Settings
from storage import accounts, administration, apikeys

STATUSES = {
    "active": accounts.ACTIVE,
    "inactive": accounts.INACTIVE,
    "restricted": accounts.RESTRICTED,
    "disabled": accounts.DISABLED,
}
STATUS_NAMES = {number: name for name, number in STATUSES.items()}
# Nobody goes back to an address that is not confirmed.
SETTABLE = [name for name in STATUSES if name != "inactive"]
COLUMNS = ("account", "user name", "e-mail", "role", "status", "created", "last seen")


def add(parsers: Parsers) -> None:
    """`users list|show|role|status|block|remove|export`."""
    users = group(parsers, "users", "look at accounts and change them")
    listed = command(users, "list", _list, "list accounts, oldest first")
    listed.add_argument("--role", choices=[*ROLE_LEVELS, accounts.BLOCKED], help="only these")
    listed.add_argument("--status", choices=STATUSES, help="only these")
    paged(listed)
    show = command(users, "show", _show, "show an account")
    role = command(users, "role", _role, "give an account a role; keys above its level are revoked for good")
    status = command(users, "status", _status, "give an account a status; all but active ends sessions and keys")
    block = command(users, "block", _block, "shut an account out; its keys are revoked for good")
    for made in (show, role, status, block):
        made.add_argument("login", help=LOGIN)
    for made in (role, status, block):
        can_be_confirmed(made)
    role.add_argument("role", choices=ROLE_LEVELS)
    status.add_argument("status", choices=SETTABLE)
    account_files.add(users)


def _list(settings: Settings, options: Any) -> None:
    page = {"limit": options.limit, "after": options.after, "role": options.role, "by": operator()}
    page |= {"status": STATUSES.get(options.status), "now": clock.now()}
    found = connected(settings, lambda: storage.write(administration.page, **page))
    tables.rows(COLUMNS, list(map(_row, found)))
    say_more(found, options)


def _row(row: accounts.Account) -> tuple[Any, ...]:
    status = STATUS_NAMES[row["status"]]
    return row["id"], row["username"], row["email"], row["role"], status, row["created_at"], row["last_seen"]


def _show(settings: Settings, options: Any) -> None:
    found = connected(settings, lambda: _load(options.login))
    tables.record(
        {
            "number": found["id"],
            "uuid": found["uuid"],
            "user name": found["username"],
            "e-mail": email_addresses.shown(found["email"]),
            "language": found["language"],
            "role": found["role"],
            "status": STATUS_NAMES[found["status"]],
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
    connected(settings, lambda: _give_role(options, options.role, ROLE_LEVELS[options.role]))


def _block(settings: Settings, options: Any) -> None:
    connected(settings, lambda: _give_role(options, accounts.BLOCKED, -1))


async def _give_role(options: Any, role: str, level: int) -> None:
    found = await account(options.login)
    if level < ROLE_LEVELS.get(found["role"], -1):
        above = f" above level {level}" if level >= 0 else ""
        confirm(options, f"{_named(found)} becomes {role}: its API keys{above} are revoked for good.")
    await _give(found, {"role": role}, found["role"], role, level)


def _status(settings: Settings, options: Any) -> None:
    connected(settings, lambda: _give_status(options))


async def _give_status(options: Any) -> None:
    found = await account(options.login)
    status, before = STATUSES[options.status], found["status"]
    if status != accounts.ACTIVE and status != before:
        confirm(options, f"{_named(found)} becomes {options.status}: its sessions and API keys end for good.")
    await _give(found, {"status": status}, STATUS_NAMES[before], options.status)


async def _give(found: accounts.Account, wanted: dict[str, Any], before: str, after: str, level: int = -1) -> None:
    """Change an account as staff would, keep that the operator did, and print what changed."""
    had = await _count_keys(found["id"])
    await storage.write(administration.update, found["id"], wanted, level=level, by=operator(), now=clock.now())
    revoked = had - await _count_keys(found["id"])
    (what,) = wanted
    if before == after:
        print(f"{_named(found)}: {what} was {after} before, nothing is changed")
    else:
        print(f"{_named(found)}: {what} {before} -> {after}, {revoked} API keys revoked")


async def _count_keys(user_id: int) -> int:
    found = await storage.read(apikeys.list_of, user_id)
    return sum(key["revoked_at"] is None for key in found)


def _named(found: accounts.Account) -> str:
    return f"Account {found['id']} ({found['username']})"
