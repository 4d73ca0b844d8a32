"""Operators' commands: `python cli.py <command>`; `--help` lists them."""

import argparse
import asyncio
import csv
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import clock
import settings as configuration
import storage
from errors import AlreadyExists
from security import ROLE_LEVELS
from settings import Settings
from storage import accounts, acts, administration, migrate, reencryption, sizes, subscribers
from storage.encryption import Keyring

LANGUAGES = ("en", "de", "es", "fr", "nl", "uk")
# Rows read at a time: there may be more than memory holds.
PAGE = 1000
READERS = {"subscriber": subscribers.page, "account": subscribers.accounts_page}
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
    newsletter = command("subscribers", _subscribers, "write out who gets the newsletter")
    newsletter.add_argument("--language", choices=LANGUAGES, help="only those who read this language")
    newsletter.add_argument("--format", choices=("csv", "json"), default="csv")
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


def _subscribers(settings: Settings, options: Any) -> None:
    async def export() -> None:
        write = {"csv": _write_csv, "json": _write_json}[options.format]
        await write(_readers(settings.public_url, options.language))

    _connected(settings, export)


async def _readers(server: str, language: str | None) -> AsyncIterator[dict[str, str]]:
    """Everybody who gets the newsletter, once, with the address that ends it."""
    for source, page in READERS.items():
        after = 0
        while rows := await storage.read(page, limit=PAGE, after=after, language=language):
            for row in rows:
                unsubscribe = f"{server}/ocunsub/{row['ehash']}"
                told = {"email": row["email"], "language": row["language"], "source": source}
                yield {**told, "unsubscribe": unsubscribe}
            after = rows[-1]["id"]


async def _write_csv(readers: AsyncIterator[dict[str, str]]) -> None:
    rows = csv.DictWriter(sys.stdout, ("email", "language", "source", "unsubscribe"), lineterminator="\n")
    rows.writeheader()
    async for reader in readers:
        # A spreadsheet takes what begins so for a formula, and a formula can send data away.
        formula = reader["email"].startswith(("=", "+", "-", "@"))
        rows.writerow({**reader, "email": "'" + reader["email"]} if formula else reader)


async def _write_json(readers: AsyncIterator[dict[str, str]]) -> None:
    before = "[\n"
    async for reader in readers:
        sys.stdout.write(before + json.dumps(reader))
        before = ",\n"
    sys.stdout.write("[]\n" if before == "[\n" else "\n]\n")


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
