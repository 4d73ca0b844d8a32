"""`migrate`, `seed` and `hash-addresses`: the database as a whole."""

from typing import Any

from sqlalchemy import Connection

import storage
from commands.work import Failed, Parsers, command, connected, explained, open_database
from core import clock
from core.errors import AlreadyExists
from settings import Settings
from storage import address_hashes, health, migrate
from storage.engines import urls
from storage.schema import seed

UNSALTED = "Addresses are stored under unsalted hashes: run `hash-addresses` when version 0.1 no longer runs."


def add(parsers: Parsers) -> None:
    """`migrate`, `seed`, `hash-addresses`."""
    command(parsers, "migrate", _migrate, "bring the database to the schema of this version (safe to repeat)")
    text = "put the adult sizes into a new installation (safe to repeat: what curators did stays)"
    command(parsers, "seed", _seed, text)
    text = "replace unsalted hashes of addresses, when version 0.1 no longer runs (beside a running server)"
    command(parsers, "hash-addresses", _hash_addresses, text)


def _migrate(settings: Settings, _options: Any) -> None:
    with explained():
        before, after = migrate.upgrade(settings.database_url)
    newer = open_database(settings, lambda: storage.read(_newer))
    print(f"{urls.shown(settings.database_url)}: {newer or _changed(before, after)}")
    if not newer and open_database(settings, lambda: storage.read(address_hashes.are_unsalted)):
        print(UNSALTED)


def _changed(before: str | None, after: str | None) -> str:
    return f"revision {after}, nothing to do" if before == after else f"revision {before or '0000'} -> {after}"


def _newer(connection: Connection) -> str:
    """Say that the database is newer than this code, if it is; raise Failed if this code cannot run on it."""
    if not health.is_newer(connection):
        return ""
    told = f"revision {health.revision(connection)} is newer than this version, which has {health.newest()}"
    if not health.can_serve(connection):
        raise Failed(f"The database's {told} and cannot serve it: use a newer version, or restore a backup.")
    return f"{told} and can serve it, nothing to do"


def _seed(settings: Settings, _options: Any) -> None:
    try:
        added = connected(settings, lambda: storage.write(seed.seed, clock.now()))
    except AlreadyExists:  # another instance was doing it at this moment
        added = 0
    print(f"{added} curated sets added")


def _hash_addresses(settings: Settings, _options: Any) -> None:
    changed, taken = connected(settings, _convert_all)
    print(f"{changed} rows changed")
    if taken:
        raise Failed(f"Left as they are, because another row has the same address: {', '.join(taken)}")


async def _convert_all() -> tuple[int, list[str]]:
    """Return the number of rows changed, and the names of those whose address another row has."""
    await storage.write(address_hashes.create_key)
    changed, taken = 0, list[str]()
    for table in address_hashes.COLUMNS:
        after: int | None = 0
        while after is not None:
            done = await storage.write(address_hashes.convert, table, after)
            changed, after = changed + done.changed, done.after
            taken += [f"{table.name} {row}" for row in done.taken]
    return changed, taken
