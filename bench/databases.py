"""Databases that exist as long as a benchmark runs."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from tests.databases import fresh_postgres

ENGINES = ("sqlite", "postgresql")


def chosen(name: str) -> tuple[str, ...]:
    """The engines that an option names: one of them, or `both`."""
    return ENGINES if name == "both" else (name,)


@contextmanager
def fresh(engine: str) -> Iterator[tuple[Path, str]]:
    """A new folder and the address of a new, empty database; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="freesewing-bench-") as folder:
        if engine == "sqlite":
            yield Path(folder), f"sqlite:///{folder}/bench.db"
        else:
            with fresh_postgres() as url:
                yield Path(folder), url


def version(url: str) -> str:
    """The release of PostgreSQL there; empty for SQLite, which comes with Python."""

    async def asked() -> str:
        connection = await asyncpg.connect(url)
        try:
            return str(await connection.fetchval("SHOW server_version"))
        finally:
            await connection.close()

    return asyncio.run(asked()) if url.startswith("postgresql") else ""
