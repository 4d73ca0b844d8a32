"""The database servers that tests run on."""

import asyncio
import os
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, NoReturn
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
from redis import Redis, RedisError

POSTGRES = os.environ.get("FREESEWING_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("FREESEWING_TEST_REDIS", "redis://127.0.0.1:6379")


@cache
def postgres_is_there() -> bool:
    """Whether the PostgreSQL that the environment names, else a local one, answers."""
    try:
        run(execute("SELECT 1"))
    except (OSError, asyncpg.PostgresError):
        return False
    return True


def require_postgres() -> None:
    """Skip, saying so, where there is no PostgreSQL; with CI=true that is a failure."""
    if postgres_is_there():
        return
    do_without("no PostgreSQL answers at FREESEWING_TEST_POSTGRES or 127.0.0.1:5432")


@cache
def redis_is_there() -> bool:
    """Whether the Redis that the environment names, else a local one, answers."""
    try:
        with Redis.from_url(REDIS, socket_timeout=60) as connection:
            connection.ping()
    except RedisError:
        return False
    return True


def require_redis() -> None:
    """Skip, saying so, where there is no Redis; with CI=true that is a failure."""
    if not redis_is_there():
        do_without("no Redis answers at FREESEWING_TEST_REDIS or 127.0.0.1:6379")


def do_without(reason: str) -> NoReturn:
    """Skip for this reason; with CI=true fail for it."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def fresh_postgres() -> Iterator[str]:
    """The address of a new, empty database, which is dropped afterwards."""
    require_postgres()
    name = f"freesewing_test_{uuid4().hex[:12]}"
    run(execute(f"CREATE DATABASE {name}"))
    try:
        yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    finally:
        run(execute(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def fresh_redis() -> Iterator[str]:
    """Return the address of an empty Redis database that no other test uses. It is emptied afterwards.

    A database is a number. Databases with data are never used. Database 0 records the process that uses each, because
    several runs may share a Redis; the record of a killed run expires after an hour.
    """
    require_redis()
    with Redis.from_url(_redis(0)) as notes:
        number = _claim_a_number(notes)
        try:
            yield _redis(number)
        finally:
            with Redis.from_url(_redis(number)) as database:
                database.flushdb()
            notes.delete(_note(number))


def _claim_a_number(notes: Redis) -> int:
    for number in range(1, int(notes.config_get("databases")["databases"] or 0)):
        if notes.set(_note(number), os.getpid(), nx=True, ex=3600):
            with Redis.from_url(_redis(number)) as database:
                if not database.dbsize():
                    return number
            notes.delete(_note(number))
    raise AssertionError("every Redis database is in use, or holds something of somebody; see INFO keyspace")


def _redis(number: int) -> str:
    return urlunsplit(urlsplit(REDIS)._replace(path=f"/{number}"))


def _note(number: int) -> str:
    return f"freesewing_test:{number}"


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run it to its end in another thread, because Playwright has an event loop in that of the tests."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def execute(*statements: str, url: str = POSTGRES) -> Any:
    """Run statements on a PostgreSQL, that of the tests unless another is given; return the rows of the last one."""
    connection = await asyncpg.connect(url, timeout=60)
    try:
        return [await connection.fetch(statement) for statement in statements][-1]
    finally:
        await connection.close()
