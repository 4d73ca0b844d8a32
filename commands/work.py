"""The database of commands: the only place where commands read the settings and open it."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import settings as configuration
from core import clock
from services import startup
from settings import Settings
from storage import accounts, audit_log, canaries, health
from storage.database import Storage
from storage.engines import diagnosis, urls

if TYPE_CHECKING:
    from services.container import Services

Result = TypeVar("Result")
Work = Callable[[Storage, Settings], Awaitable[Result]]
NO_FILE = (
    "FREESEWING_DATABASE_URL: there is no database {file}. `python cli.py migrate` makes it. If it is elsewhere, run"
    ' this command with the settings of the server: see "Commands" in docs/administer.md.'
)


class Failed(Exception):
    """The command cannot be done; the message says why."""


def run(work: Work[Result]) -> Result:
    """Open the database of the settings, check its schema and its secrets, and call `work` with both.

    Nothing is made. Raises Failed for a database that cannot be used or waits for its migrations, and SettingsInvalid
    for wrong secrets, or for missing secrets if the database has rows.
    """

    async def checked(storage: Storage, settings: Settings) -> Result:
        await storage.read(health.require_schema)
        await storage.read(canaries.check_if_any)
        return await work(storage, settings)

    settings = configuration.load()
    with explained(), startup.explained():
        _require_file(settings)
        startup.require_secrets(settings)
    return run_unchecked(settings, checked)


def run_unchecked(settings: Settings, work: Work[Result]) -> Result:
    """Open the database without any check, and call `work` with it and the settings."""

    async def opened() -> Result:
        async with open_database(settings) as storage:
            return await work(storage, settings)

    with explained(), startup.explained():
        return asyncio.run(opened())


def open_database(settings: Settings) -> Storage:
    """Return the database, which is open within `async with`."""
    return Storage(settings.database_url, startup.keyring(settings))


@contextmanager
def explained() -> Iterator[None]:
    """Raise Failed, which names the setting and the reason, in place of errors of the database's driver."""
    try:
        yield
    except urls.DatabaseUrlInvalid as error:
        raise Failed(str(error)) from error
    except diagnosis.ERRORS as error:
        raise Failed(f"FREESEWING_DATABASE_URL: {diagnosis.explain(error)}") from error


def _require_file(settings: Settings) -> None:
    """Raise Failed if the database is a file that does not exist: only `migrate` and the server make one."""
    file = urls.file_of(settings.database_url)
    if file is not None and not file.exists():
        raise Failed(NO_FILE.format(file=file))


def services(storage: Storage, settings: Settings) -> "Services":
    """Return the services of the server, on the open database."""
    from services import container  # its import takes a second: other commands do not wait for it

    return container.of(settings, storage)


async def find_account(storage: Storage, login: str) -> accounts.Account:
    """Return the account with this e-mail address, user name or number; raises Failed."""
    found = await storage.read(accounts.find_by_login, login)
    if found is None:
        raise Failed("There is no such account.")
    return found


def confirm(question: str, *, yes: bool) -> None:
    """Ask at a terminal whether to go on, unless `yes`. Raises Failed unless the answer is yes.

    Not `typer.confirm`: it writes a part of the question to stdout, which may be a file.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failed(f"{question} Nothing was changed. To confirm, repeat the command with --yes.")
    print(f"{question} Continue? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Failed("Nothing was changed.")


def operator() -> audit_log.Actor:
    """Return the actor of the audit log: no account. Each command counts as a request."""
    return audit_log.Actor(audit_log.NOBODY, clock.new_uuid())
