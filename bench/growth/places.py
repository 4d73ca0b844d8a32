"""The databases of each size: made and filled where they are not there yet, and read into memory."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import orjson

import settings as configuration
from bench.fixture import Fixture
from bench.growth.fill import fill
from bench.servers import OURS, Server
from settings import Settings

# Writing changes a database of this size so much that it is made anew each time.
SMALL = 10_000
SETTLE_SECONDS = 300
_PAGES = """
    SELECT sum(pg_prewarm(pg_class.oid, 'read')) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = 'public' AND relkind IN ('r', 'i')
"""
_DISK = """
    SELECT relname AS name, pg_table_size(oid) AS rows, pg_indexes_size(oid) AS indices
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    ORDER BY pg_total_relation_size(oid) DESC
"""


@dataclass(slots=True)
class Place:
    """A database of so many accounts, and the server on it."""

    accounts: int
    settings: Settings
    server: Server

    @property
    def url(self) -> str:
        """Of its database."""
        return self.settings.database_url


def prepare(accounts: int, prefix: str, data_dir: Path) -> Settings:
    """Settings of a filled database, its name being PREFIX_accounts."""
    url = f"{prefix}_{accounts}"
    # What all share is made once, in the folder above; each server has its own for its log.
    secrets = configuration.make_secrets(configuration.load(data_dir=data_dir))
    settings = configuration.load(
        data_dir=data_dir / str(accounts),
        database_url=url,
        public_url="http://bench.test",
        secret_key=secrets.secret_key,
        encryption_keys=secrets.encryption_keys,
    )
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if asyncio.run(_is_to_be_filled(url, accounts)):
        print(f"filling {url.rpartition('/')[2]}", flush=True)
        fill(settings, accounts)
    return settings


async def _is_to_be_filled(url: str, accounts: int) -> bool:
    base, _, name = url.rpartition("/")
    connection = await asyncpg.connect(f"{base}/postgres")
    try:
        if accounts <= SMALL:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        if await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", name):
            return False
        await connection.execute(f"CREATE DATABASE {name}")
        return True
    finally:
        await connection.close()


def start(accounts: int, settings: Settings) -> Place:
    """A server on this database, which takes connections when this returns."""
    server = Server(OURS, Fixture(settings, "", "", (), ()))
    server.wait()
    return Place(accounts, settings, server)


async def warm(url: str) -> int:
    """Read the database into the system's memory, as far as there is room; its bytes."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        return int(await connection.fetchval(_PAGES)) * 8192
    finally:
        await connection.close()


async def settle(url: str) -> None:
    """Until the passes over all rows that a server makes after its start are done."""
    connection = await asyncpg.connect(url)
    try:
        for _ in range(SETTLE_SECONDS * 2):
            if await _has_settled(connection):
                return
            await asyncio.sleep(0.5)
        raise RuntimeError("the passes after the start do not end")
    finally:
        await connection.close()


async def _has_settled(connection: Any) -> bool:
    passes = dict(await connection.fetch("SELECT name, data FROM totals"))
    notices = orjson.loads(passes.get("notices", '{"after":0}'))
    return notices["after"] is None and "sets" in orjson.loads(passes.get("figures", "{}"))


async def disk(url: str) -> list[Any]:
    """Each table's name and the bytes of its rows and of its indices, the largest first."""
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(_DISK))
    finally:
        await connection.close()


async def wal(url: str) -> int:
    """Bytes of write-ahead log that this database server has written so far."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"))
    finally:
        await connection.close()
