"""What commands have in common: the database, the account that is meant, and who acts."""

import asyncio
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar
from uuid import UUID

import clock
import storage
from services import startup
from settings import Settings
from storage import accounts, acts, canaries

Result = TypeVar("Result")
LOGIN = "e-mail address, user name or number"


class Failed(Exception):
    """What was asked for cannot be done; the message says why."""


class Parsers(Protocol):
    """What commands are added to: argparse has no name of its own for it."""

    def add_parser(self, name: str, *, help: str, description: str) -> ArgumentParser: ...


def command(parsers: Parsers, name: str, run: Callable[..., None], text: str) -> ArgumentParser:
    """Add a command, which calls `run(settings, options)`."""
    made = parsers.add_parser(name, help=text, description=text)
    made.set_defaults(run=run)
    return made


def group(parsers: Parsers, name: str, text: str) -> Parsers:
    """Add a noun, for commands to be added to."""
    return parsers.add_parser(name, help=text, description=text).add_subparsers(required=True, metavar="command")


def connected(settings: Settings, work: Callable[[], Awaitable[Result]]) -> Result:
    """Do something with the database open, under the secrets that it was written with.

    Raises SettingsInvalid for other secrets, and where there are none for a database that has rows.
    """
    ready = startup.with_secrets(settings)
    with startup.explained():
        return open_database(ready, lambda: _after_check(work))


async def _after_check(work: Callable[[], Awaitable[Result]]) -> Result:
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

    return asyncio.run(run())


async def account(login: str) -> accounts.Account:
    """The account that is meant; raises Failed."""
    found = await storage.read(accounts.find_by_login, login)
    if found is None:
        raise Failed("There is no such account.")
    return found


def operator() -> acts.Actor:
    """Who acts at the command line; each command counts as a request."""
    return acts.Actor(acts.NOBODY, clock.new_uuid())


def uuid(text: str) -> UUID:
    """An argument that is a UUID; raises ValueError, which argparse tells."""
    return UUID(text)


def sentence(most: int) -> Callable[[str], str]:
    """An argument that is text of at most so many characters."""

    def text(given: str) -> str:
        if not 1 <= len(given) <= most or "\0" in given:
            raise ArgumentTypeError(f"must have 1 to {most} characters")
        return given

    return text
