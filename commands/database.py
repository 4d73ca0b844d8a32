"""`migrate`, `seed` and `hash-addresses`: the database as a whole."""

from sqlalchemy import Connection

import settings as configuration
from commands import work
from commands.work import Failed
from core import clock
from core.errors import AlreadyExists
from storage import address_hashes, health
from storage import migrate as migrations
from storage.database import Storage
from storage.engines import urls
from storage.schema import seed as seed_data

UNSALTED = "Addresses are stored under unsalted hashes: run `hash-addresses` when version 0.1 no longer runs."


def migrate() -> None:
    """Bring the database to the schema of this version.

    The command is safe to repeat.
    """
    settings = configuration.load()
    with work.explained():
        before, after = migrations.upgrade(settings.database_url)
    newer = work.run_unchecked(settings, lambda storage, _: storage.read(_newer))
    print(f"{urls.shown(settings.database_url)}: {newer or _changed(before, after)}")
    if not newer and work.run_unchecked(settings, lambda storage, _: storage.read(address_hashes.are_unsalted)):
        print(UNSALTED)


def _changed(before: str | None, after: str | None) -> str:
    return f"revision {after}, nothing to do" if before == after else f"revision {before or '0000'} -> {after}"


def _newer(connection: Connection) -> str:
    """Return a sentence if the database is newer than this code, else "".

    Raises Failed if this code cannot serve it.
    """
    if not health.is_newer(connection):
        return ""
    newer = f"revision {health.revision(connection)} is newer than this version, which has {health.newest()}"
    if not health.can_serve(connection):
        raise Failed(f"The database's {newer} and cannot serve it: use a newer version, or restore a backup.")
    return f"{newer} and can serve it, nothing to do"


def seed() -> None:
    """Put the adult sizes into a new installation.

    The command is safe to repeat: changes by curators stay.
    """
    try:
        added = work.run(lambda storage, _: storage.write(seed_data.seed, clock.now()))
    except AlreadyExists:  # another instance seeds at this moment
        added = 0
    print(f"{added} curated sets added")


def hash_addresses() -> None:
    """Replace unsalted hashes of addresses.

    Run it when version 0.1 no longer runs. The server of this version may run meanwhile.
    """
    changed, taken = work.run(lambda storage, _: _convert_all(storage))
    print(f"{changed} rows changed")
    if taken:
        raise Failed(f"Left as they are, because another row has the same address: {', '.join(taken)}")


async def _convert_all(storage: Storage) -> tuple[int, list[str]]:
    """Return the number of changed rows, and the names of rows whose address another row has."""
    await storage.write(address_hashes.create_key)
    changed, taken = 0, list[str]()
    for table in address_hashes.COLUMNS:
        after: int | None = 0
        while after is not None:
            done = await storage.write(address_hashes.convert, table, after)
            changed, after = changed + done.changed, done.after
            taken += [f"{table.name} {row}" for row in done.taken]
    return changed, taken
