"""`migrate`, `seed` and `reencrypt`: the database as a whole."""

from typing import Any

import clock
import storage
from commands.work import Parsers, command, connected
from errors import AlreadyExists
from settings import Settings
from storage import migrate, reencryption, sizes


def add(parsers: Parsers) -> None:
    """`migrate`, `seed`, `reencrypt`."""
    command(parsers, "migrate", _migrate, "bring the database to the schema of this version (safe to repeat)")
    text = "put the adult sizes into a new installation (safe to repeat: what curators did stays)"
    command(parsers, "seed", _seed, text)
    command(parsers, "reencrypt", _reencrypt, "rewrite what is encrypted under old keys (beside a running server)")


def _migrate(settings: Settings, _options: Any) -> None:
    migrate.upgrade(settings.database_url)


def _seed(settings: Settings, _options: Any) -> None:
    try:
        added = connected(settings, lambda: storage.write(sizes.seed, clock.now()))
    except AlreadyExists:  # another instance was doing it at this moment
        added = 0
    print(f"{added} curated sets added")


def _reencrypt(settings: Settings, _options: Any) -> None:
    changed = connected(settings, _rewrite_all)
    print(f"{changed} rows rewritten")


async def _rewrite_all() -> int:
    total = 0
    for table in reencryption.tables():
        after, more = None, True
        while more:
            changed, after = await storage.write(reencryption.rewrite, table, after)
            total, more = total + changed, after is not None
    return total
