"""`users export` and `users remove`: everything that an account owns."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Annotated

import typer
from sqlalchemy import Connection

from commands import work
from commands.options import Login, Yes
from commands.work import Failed
from core import clock
from settings import Settings
from storage import administration, audit_log
from storage.database import Storage

Output = Annotated[Path | None, typer.Option(help="A new file, which only its owner can read; by default stdout.")]


def export(login: Login, output: Output = None) -> None:
    """Write all data of an account as JSON.

    Its owner can download the same.
    """
    work.run(lambda storage, settings: _write(storage, settings, login, output))
    if output is not None:
        print(f"{output} written")


async def _write(storage: Storage, settings: Settings, login: str, output: Path | None) -> None:
    from handlers.support import account_data  # its import takes a second: other commands do not wait for it

    found = await work.find_account(storage, login)
    with _opened(output) as file:
        await storage.write(_record, found["id"])
        async for chunk in account_data.export_file(work.services(storage, settings), found):
            file.write(chunk)
        file.write(b"\n")
        file.flush()


def _opened(path: Path | None) -> AbstractContextManager[IO[bytes]]:
    if path is None:
        return nullcontext(sys.stdout.buffer)
    try:
        return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror}") from None


def _record(connection: Connection, user_id: int) -> None:
    audit_log.record(connection, work.operator(), audit_log.READ_DATA, subjects=[user_id], now=clock.now())


def remove(login: Login, yes: Yes = False) -> None:
    """Remove an account and everything that it owns."""
    work.run(lambda storage, _: _remove(storage, login, yes=yes))


async def _remove(storage: Storage, login: str, *, yes: bool) -> None:
    found = await work.find_account(storage, login)
    named = f"Account {found['id']} ({found['username']}, {found['email']})"
    work.confirm(f"{named} is removed for good, with all its sets, patterns and API keys.", yes=yes)
    await storage.write(administration.remove, found["id"], by=work.operator(), now=clock.now())
    print(f"{named} is removed. A running server removes its images in a day.")
