"""The database servers that tests run on."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from uuid import uuid4

import asyncpg
import pytest

POSTGRES = os.environ.get("FREESEWING_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


@cache
def postgres_is_there() -> bool:
    """Whether the PostgreSQL that the environment names, else a local one, answers."""
    try:
        asyncio.run(_execute("SELECT 1"))
    except (OSError, asyncpg.PostgresError):
        return False
    return True


def require_postgres() -> None:
    """Skip, saying so, where there is no PostgreSQL; with CI=true that is a failure."""
    if postgres_is_there():
        return
    reason = "no PostgreSQL answers at FREESEWING_TEST_POSTGRES or 127.0.0.1:5432"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def fresh_postgres() -> Iterator[str]:
    """The address of a new, empty database, which is dropped afterwards."""
    require_postgres()
    name = f"freesewing_test_{uuid4().hex[:12]}"
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
