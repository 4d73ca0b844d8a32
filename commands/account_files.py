"""`users export` and `users remove`: all that an account owns."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection

import storage
from commands.work import (
    LOGIN,
    Failed,
    Parsers,
    account,
    can_be_confirmed,
    command,
    confirm,
    connected,
    operator,
)
from core import clock
from settings import Settings
from storage import administration, audit_log


def add(users: Parsers) -> None:
    """`users export|remove`."""
    export = command(users, "export", _export, "write all data of an account as JSON, as its owner can download it")
    remove = command(users, "remove", _remove, "remove an account and all that it owns, as its owner can")
    for made in (export, remove):
        made.add_argument("login", help=LOGIN)
    export.add_argument("--output", type=Path, help="a new file, readable by its owner only; else to stdout")
    can_be_confirmed(remove)


def _export(settings: Settings, options: Any) -> None:
    connected(settings, lambda: _write(settings, options))
    if options.output is not None:
        print(f"{options.output} written")


async def _write(settings: Settings, options: Any) -> None:
    from handlers.support import account_data  # takes a second, for which other commands need not wait
    from services import container

    found = await account(options.login)
    with _target(options.output) as file:
        await storage.write(_record, found["id"])
        async for chunk in account_data.export_file(container.of(settings, storage.present()), found):
            file.write(chunk)
        file.write(b"\n")
        file.flush()


def _target(path: Path | None) -> AbstractContextManager[IO[bytes]]:
    if path is None:
        return nullcontext(sys.stdout.buffer)
    try:
        return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror}") from None


def _record(connection: Connection, user_id: int) -> None:
    audit_log.record(connection, operator(), audit_log.READ_DATA, subjects=[user_id], now=clock.now())


def _remove(settings: Settings, options: Any) -> None:
    connected(settings, lambda: _remove_confirmed(options))


async def _remove_confirmed(options: Any) -> None:
    found = await account(options.login)
    named = f"Account {found['id']} ({found['username']}, {found['email']})"
    confirm(options, f"{named} is removed for good, with all its sets, patterns and API keys.")
    await storage.write(administration.remove, found["id"], by=operator(), now=clock.now())
    print(f"{named} is removed. A running server removes its images in a day.")
