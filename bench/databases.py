"""Databases that exist as long as a benchmark runs."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

POSTGRES = os.environ.get("FREESEWING_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
ENGINES = ("sqlite", "postgresql")


@contextmanager
def fresh(engine: str) -> Iterator[tuple[Path, str]]:
    """A new folder and the address of a new, empty database; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="freesewing-bench-") as folder:
        if engine == "sqlite":
            yield Path(folder), f"sqlite:///{folder}/bench.db"
        else:
            with _fresh_postgres() as url:
                yield Path(folder), url


@contextmanager
def _fresh_postgres() -> Iterator[str]:
    name = f"bench_{os.getpid()}"
    asyncio.run(_execute(f"CREATE DATABASE {name}"))
    try:
        yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    finally:
        asyncio.run(_execute(f"DROP DATABASE {name} WITH (FORCE)"))


async def _execute(statement: str) -> None:
    connection = await asyncpg.connect(POSTGRES, timeout=5)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
