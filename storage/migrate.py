"""Bring the database to the schema of this code, by Alembic."""

import asyncio
from pathlib import Path
from typing import NamedTuple

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from storage import health
from storage.engines import urls
from storage.engines.driver_errors import translated

FOLDER = Path(__file__).parent / "schema" / "migrations"
# Any number, the same in every instance: who holds it migrates, the others wait.
ADVISORY_LOCK = 7_305_201_123


def config() -> Config:
    """Alembic's configuration; there is no alembic.ini."""
    alembic = Config()
    alembic.set_main_option("script_location", str(FOLDER))
    return alembic


class Revisions(NamedTuple):
    """The revision of a database before and after; None for no tables at all."""

    before: str | None
    after: str | None


def upgrade(url: str, revision: str = "head") -> Revisions:
    """Apply the missing migrations. Safe to repeat, and safe from several instances at once.

    A database that is newer than this code is left as it is. Raises StorageUnavailable, DatabaseUrlInvalid.
    """
    with translated():
        if urls.file_of(url) is not None:
            urls.make_folder(url)
            return _upgrade_sqlite(url, revision)
        return asyncio.run(_upgrade_postgres(url, revision))


def _upgrade_sqlite(url: str, revision: str) -> Revisions:
    # The driver by itself begins no transaction before CREATE TABLE: a crash would leave half a schema.
    with create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        revisions = _upgrade(connection, revision)
        connection.exec_driver_sql("COMMIT")
    return revisions


async def _upgrade_postgres(url: str, revision: str) -> Revisions:
    engine = create_async_engine(urls.parse(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
        revisions = await connection.run_sync(_upgrade, revision)
    await engine.dispose()
    return revisions


def _upgrade(connection: Connection, revision: str) -> Revisions:
    before = health.revision(connection)
    if health.is_newer(connection):
        return Revisions(before, before)
    alembic = config()
    alembic.attributes["connection"] = connection
    command.upgrade(alembic, revision)
    return Revisions(before, health.revision(connection))
