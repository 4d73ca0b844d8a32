"""Operators' commands: `python cli.py <command>`; `--help` lists them."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import clock
import settings as configuration
import storage
from errors import AlreadyExists
from security import ROLE_LEVELS
from settings import Settings
from storage import accounts, acts, administration, migrate, reencryption, sizes
from storage.encryption import Keyring

STATUSES = {"active": accounts.ACTIVE, "restricted": accounts.RESTRICTED, "disabled": accounts.DISABLED}


class Failed(Exception):
    """What was asked for cannot be done; the message says why."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        settings = configuration.load()
        options.run(settings, options)
    except (configuration.SettingsInvalid, Failed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cli.py", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Callable[..., None], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    command("migrate", _migrate, "bring the database to the schema of this version (safe to repeat)")
    command("seed", _seed, "put the adult sizes into a new installation (safe to repeat: what curators did stays)")
    command("settings", _settings, "list every setting with its default and its meaning")
    command("reencrypt", _reencrypt, "rewrite what is encrypted under old keys (beside a running server)")
    role = command("role", _role, "give an account a role; keys above its level are revoked for good")
    status = command("status", _status, "give an account a status; all but active ends sessions and keys")
    for made in (role, status):
        made.add_argument("login", help="e-mail address, user name or number")
    role.add_argument("role", choices=[*ROLE_LEVELS, "blocked"])
    status.add_argument("status", choices=STATUSES)
    return parser


def _migrate(settings: Settings, _options: Any) -> None:
    migrate.upgrade(settings.database_url)


def _seed(settings: Settings, _options: Any) -> None:
    try:
        added = _connected(settings, lambda: storage.write(sizes.seed, clock.now()))
    except AlreadyExists:  # another instance was doing it at this moment
        added = 0
    print(f"{added} curated sets added")


def _settings(_settings: Settings, _options: Any) -> None:
    for name, field in Settings.model_fields.items():
        default = "" if field.default in ("", None) else f" [{field.default}]"
        print(f"FREESEWING_{name.upper()}{default}\n    {field.description}")


def _reencrypt(settings: Settings, _options: Any) -> None:
    changed = _connected(settings, _rewrite_all)
    print(f"{changed} rows rewritten")


async def _rewrite_all() -> int:
    total = 0
    for table in reencryption.tables():
        after, more = None, True
        while more:
            changed, after = await storage.write(reencryption.rewrite, table, after)
            total, more = total + changed, after is not None
    return total


def _role(settings: Settings, options: Any) -> None:
    level = ROLE_LEVELS.get(options.role, -1)
    _connected(settings, lambda: _give(options.login, {"role": options.role}, level))


def _status(settings: Settings, options: Any) -> None:
    _connected(settings, lambda: _give(options.login, {"status": STATUSES[options.status]}))


async def _give(login: str, wanted: dict[str, Any], level: int = -1) -> None:
    """Change an account as staff would, and keep that the operator did; each command counts as a request."""
    account = await _account(login)
    operator = acts.Actor(acts.NOBODY, clock.new_uuid())
    await storage.write(administration.update, account["id"], wanted, level=level, by=operator, now=clock.now())


async def _account(login: str) -> accounts.Account:
    account = await storage.read(accounts.find_by_login, login)
    if account is None:
        raise Failed("There is no such account.")
    return account


def _connected(settings: Settings, work: Callable[[], Awaitable[Any]]) -> Any:
    """Do something with the database open."""

    async def run() -> Any:
        await storage.connect(settings.database_url, Keyring(configuration.parse_keys(settings.encryption_keys)))
        try:
            return await work()
        finally:
            await storage.disconnect()

    return asyncio.run(run())


if __name__ == "__main__":
    sys.exit(main())
