"""`users`: show accounts, and change what only staff may change, with the same audit log."""

from typing import Annotated, Any, Literal

import typer

from commands import account_files, tables, work
from commands.options import DEFAULT_ROWS, After, Limit, Login, Yes, print_next_page
from core import clock, email_addresses
from security import ROLE_LEVELS
from storage import accounts, administration, apikeys
from storage.database import Storage

# An account never goes back to an address that is not confirmed: `inactive` cannot be set.
SettableStatus = Literal["active", "restricted", "disabled"]
Status = Literal[SettableStatus, "inactive"]
Role = Literal["user", "tester", "curator", "bughunter", "support", "admin"]
STATUSES: dict[Status, int] = {
    "active": accounts.ACTIVE,
    "inactive": accounts.INACTIVE,
    "restricted": accounts.RESTRICTED,
    "disabled": accounts.DISABLED,
}
STATUS_NAMES = {number: name for name, number in STATUSES.items()}
COLUMNS = ("account", "user name", "e-mail", "role", "status", "created", "last seen")
app = typer.Typer(help="Show accounts and change them.")


@app.command("list")
def list_accounts(
    role: Annotated[Literal[Role, "blocked"] | None, typer.Option(help="List only these.")] = None,
    status: Annotated[Status | None, typer.Option(help="List only these.")] = None,
    limit: Limit = DEFAULT_ROWS,
    after: After = 0,
) -> None:
    """List accounts, oldest first."""
    found = work.run(lambda storage, _: _page(storage, role, status, limit, after))
    tables.rows(COLUMNS, list(map(_row, found)))
    print_next_page(found, limit)


async def _page(
    storage: Storage, role: str | None, status: Status | None, limit: int, after: int
) -> list[accounts.Account]:
    number = None if status is None else STATUSES[status]
    return await storage.write(
        administration.page, limit=limit, after=after, role=role, status=number, by=work.operator(), now=clock.now()
    )


def _row(row: accounts.Account) -> tuple[Any, ...]:
    status = STATUS_NAMES[row["status"]]
    return row["id"], row["username"], row["email"], row["role"], status, row["created_at"], row["last_seen"]


@app.command()
def show(login: Login) -> None:
    """Show an account."""
    found = work.run(lambda storage, _: _load(storage, login))
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


async def _load(storage: Storage, login: str) -> accounts.Account:
    handle = str((await work.find_account(storage, login))["id"])
    return await storage.write(administration.load, handle, by=work.operator(), now=clock.now())


@app.command("role")
def set_role(login: Login, role: Role, yes: Yes = False) -> None:
    """Change the role of an account. API keys above its level are revoked for good."""
    work.run(lambda storage, _: _set_role(storage, login, role, ROLE_LEVELS[role], yes=yes))


@app.command()
def block(login: Login, yes: Yes = False) -> None:
    """Block an account. Its API keys are revoked for good."""
    work.run(lambda storage, _: _set_role(storage, login, accounts.BLOCKED, -1, yes=yes))


async def _set_role(storage: Storage, login: str, role: str, level: int, *, yes: bool) -> None:
    found = await work.find_account(storage, login)
    if level < ROLE_LEVELS.get(found["role"], -1):
        above = f" above level {level}" if level >= 0 else ""
        work.confirm(f"{_named(found)} becomes {role}: its API keys{above} are revoked for good.", yes=yes)
    await _update(storage, found, {"role": role}, found["role"], role, level)


@app.command("status")
def set_status(login: Login, status: SettableStatus, yes: Yes = False) -> None:
    """Change the status of an account. Every status except active ends its sessions and API keys."""
    work.run(lambda storage, _: _set_status(storage, login, status, yes=yes))


async def _set_status(storage: Storage, login: str, status: SettableStatus, *, yes: bool) -> None:
    found = await work.find_account(storage, login)
    number, before = STATUSES[status], found["status"]
    if number not in (accounts.ACTIVE, before):
        work.confirm(f"{_named(found)} becomes {status}: its sessions and API keys end for good.", yes=yes)
    await _update(storage, found, {"status": number}, STATUS_NAMES[before], status)


async def _update(
    storage: Storage, found: accounts.Account, changes: dict[str, Any], before: str, after: str, level: int = -1
) -> None:
    """Change an account as staff can, with a row in the audit log, and print what changed."""
    had = await _count_keys(storage, found["id"])
    await storage.write(administration.update, found["id"], changes, level=level, by=work.operator(), now=clock.now())
    revoked = had - await _count_keys(storage, found["id"])
    (name,) = changes
    if before == after:
        print(f"{_named(found)}: {name} was {after} before, nothing is changed")
    else:
        print(f"{_named(found)}: {name} {before} -> {after}, {revoked} API keys revoked")


async def _count_keys(storage: Storage, user_id: int) -> int:
    """Return how many of its API keys are not revoked."""
    found = await storage.read(apikeys.list_of, user_id)
    return sum(key["revoked_at"] is None for key in found)


def _named(found: accounts.Account) -> str:
    return f"Account {found['id']} ({found['username']})"


app.command()(account_files.remove)
app.command()(account_files.export)
