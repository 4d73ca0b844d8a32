"""What commands have in common: the database, the account that is meant, and who acts."""

import asyncio
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar
from uuid import UUID

import storage
from core import clock
from services import startup
from settings import Settings
from storage import accounts, audit_log, canaries, health
from storage.engines import diagnosis, urls

Result = TypeVar("Result")
LOGIN = "e-mail address, user name or number"
NO_FILE = (
    "FREESEWING_DATABASE_URL: there is no database {file}. `python cli.py migrate` makes it. If it is elsewhere, run"
    ' this command with the settings of the server: see "Commands" in docs/administer.md.'
)
# Rows of a list, where no other number is asked for, and at most.
USUAL_ROWS, MOST_ROWS = 100, 1000


class Failed(Exception):
    """What was asked for cannot be done; the message says why."""


class Parsers(Protocol):
    """What commands are added to: argparse has no name of its own for it."""

    def add_parser(self, name: str, *, help: str, description: str) -> ArgumentParser: ...


def command(
    parsers: Parsers, name: str, run: Callable[..., int | None], text: str, *, needs_settings: bool = True
) -> ArgumentParser:
    """Add a command, which calls `run(settings, options)` and returns the exit status (None: 0).

    Without `needs_settings` no setting is read, and `settings` is None.
    """
    made = parsers.add_parser(name, help=text, description=text)
    made.set_defaults(run=run, needs_settings=needs_settings)
    return made


def group(parsers: Parsers, name: str, text: str) -> Parsers:
    """Add a noun, for commands to be added to."""
    return parsers.add_parser(name, help=text, description=text).add_subparsers(required=True, metavar="command")


def connected(settings: Settings, work: Callable[[], Awaitable[Result]]) -> Result:
    """Do something with the database open, under the secrets that it was written with.

    Nothing is made. Raises Failed for a database that cannot be used, or waits for its migrations, and
    SettingsInvalid for other secrets, or where there are none for a database that has rows.
    """
    with explained(), startup.explained():
        require_file(settings)
        startup.require_secrets(settings)
        return open_database(settings, lambda: _after_check(work))


async def _after_check(work: Callable[[], Awaitable[Result]]) -> Result:
    await storage.read(health.require_schema)
    await storage.read(canaries.check_if_any)
    return await work()


def open_database(settings: Settings, work: Callable[[], Awaitable[Result]]) -> Result:
    """Do something with the database open, whatever the secrets are: for what needs none."""

    async def run() -> Result:
        await storage.connect(settings.database_url, startup.keyring(settings))
        try:
            return await work()
        finally:
            await storage.disconnect()

    with explained():
        return asyncio.run(run())


def require_file(settings: Settings) -> None:
    """Raise Failed if the database is a file that does not exist: only `migrate` and the server make one."""
    file = urls.file_of(settings.database_url)
    if file is not None and not file.exists():
        raise Failed(NO_FILE.format(file=file))


@contextmanager
def explained() -> Iterator[None]:
    """Raise Failed, which names the setting and the reason, in place of what the database's driver raises."""
    try:
        yield
    except urls.DatabaseUrlInvalid as error:
        raise Failed(str(error)) from error
    except diagnosis.ERRORS as error:
        raise Failed(f"FREESEWING_DATABASE_URL: {diagnosis.explain(error)}") from error


async def account(login: str) -> accounts.Account:
    """The account that is meant; raises Failed."""
    found = await storage.read(accounts.find_by_login, login)
    if found is None:
        raise Failed("There is no such account.")
    return found


def can_be_confirmed(made: ArgumentParser) -> None:
    """Let a command ask before it does what cannot be undone (see `confirm`)."""
    made.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def confirm(options: Any, what: str) -> None:
    """Ask at a terminal whether to do this; returns at once with --yes. Raises Failed unless the answer is yes."""
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise Failed(f"{what} Nothing was changed. To confirm, repeat the command with --yes.")
    print(f"{what} Continue? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Failed("Nothing was changed.")


def paged(made: ArgumentParser) -> None:
    """Let a command list so many rows, after the row with a number."""
    made.add_argument(
        "--limit", type=number(1, MOST_ROWS), default=USUAL_ROWS, help=f"rows; {USUAL_ROWS} if not given"
    )
    made.add_argument("--after", type=number(0, 2**53), default=0, help="begin after the row of this number")


def say_more(listed: Sequence[Mapping[Any, Any]], options: Any) -> None:
    """Say on stderr how to list the rows after these, if there may be any."""
    if len(listed) == options.limit:
        print(f"more: --after {listed[-1]['id']}", file=sys.stderr)


def operator() -> audit_log.Actor:
    """Who acts at the command line; each command counts as a request."""
    return audit_log.Actor(audit_log.NOBODY, clock.new_uuid())


def uuid(text: str) -> UUID:
    """An argument that is a UUID; raises ValueError, which argparse tells."""
    return UUID(text)


def number(least: int, most: int) -> Callable[[str], int]:
    """An argument that is a whole number."""

    def parsed(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise ArgumentTypeError(f"must be a whole number from {least} to {most}")
        return int(text)

    return parsed


def sentence(most: int) -> Callable[[str], str]:
    """An argument that is text of at most so many characters."""

    def text(given: str) -> str:
        if not 1 <= len(given) <= most or "\0" in given:
            raise ArgumentTypeError(f"must have 1 to {most} characters")
        return given

    return text
