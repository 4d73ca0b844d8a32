"""Bring the database to the schema of this code, by Alembic."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from storage.upstream import create_async_engine

FOLDER = Path(__file__).parent / "migrations"
# Any number, the same in every instance: who holds it migrates, the others wait.
ADVISORY_LOCK = 7_305_201_123


def config() -> Config:
    """Alembic's configuration; there is no alembic.ini."""
    alembic = Config()
    alembic.set_main_option("script_location", str(FOLDER))
    return alembic


def upgrade(url: str, revision: str = "head") -> None:
    """Apply what is missing. Safe to repeat, and safe from several instances at once."""
    if url.startswith("sqlite"):
        Path(make_url(url).database or "").absolute().parent.mkdir(parents=True, exist_ok=True)
        _upgrade_sqlite(url, revision)
    else:
        asyncio.run(_upgrade_postgres(url, revision))


def _upgrade_sqlite(url: str, revision: str) -> None:
    # The driver by itself begins no transaction before CREATE TABLE: a crash would leave half a schema.
    with create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        _upgrade(connection, revision)
        connection.exec_driver_sql("COMMIT")


async def _upgrade_postgres(url: str, revision: str) -> None:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
        await connection.run_sync(_upgrade, revision)
    await engine.dispose()


def _upgrade(connection: Connection, revision: str) -> None:
    alembic = config()
    alembic.attributes["connection"] = connection
    command.upgrade(alembic, revision)
