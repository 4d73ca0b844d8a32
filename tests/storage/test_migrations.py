"""Migrations: they make the tables that the code states, once, whole or not at all."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from alembic import command, op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from storage import health, migrate
from storage.tables import metadata
from tests.databases import fresh_postgres
from tests.service import ROOT
from tests.storage.store import Store

Result = TypeVar("Result")
# So that both are at it at the same time, whoever starts first.
SLOWLY = (
    "import time; from alembic import op; from storage import migrate; create = op.create_table;"
    "op.create_table = lambda *a, **k: (time.sleep(0.15), create(*a, **k))"
)
EVERYTHING = {*metadata.tables, "alembic_version"}


def test_the_newest_migration_is_the_last_of_alembics_line() -> None:
    assert ScriptDirectory.from_config(migrate.config()).get_heads() == [health.newest()]


@pytest.fixture(params=("sqlite", "postgresql"))
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'folder' / 'test.db'}"
    else:
        with fresh_postgres() as url:
            yield url


def on_database(url: str, work: Callable[[Connection], Result]) -> Result:
    """Do something with a connection that is not the storage's."""
    if url.startswith("sqlite"):
        with create_engine(url).begin() as connection:
            return work(connection)
    return asyncio.run(_on_postgres(url, work))


async def _on_postgres(url: str, work: Callable[[Connection], Result]) -> Result:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        result = await connection.run_sync(work)
    await engine.dispose()
    return result


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"sqlite_sequence"}


def _differences(connection: Connection) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def step_back(revision: str) -> Callable[[Connection], None]:
    """Return what brings a database back to the schema of a revision."""

    def downgrade(connection: Connection) -> None:
        alembic = migrate.config()
        alembic.attributes["connection"] = connection
        command.downgrade(alembic, revision)

    return downgrade


def test_the_migrations_make_exactly_the_tables_of_the_code(store: Store) -> None:
    assert store.read(_differences) == []


def test_the_constraints_have_the_names_that_the_code_gives_them(postgresql_store: Store) -> None:
    def names(connection: Connection) -> set[str | None]:
        look = inspect(connection)
        every = (look.get_indexes, look.get_unique_constraints, look.get_foreign_keys)
        found = {item["name"] for table in metadata.tables for kind in every for item in kind(table)}
        return found | {look.get_pk_constraint(table)["name"] for table in metadata.tables}

    tables = metadata.sorted_tables
    expected = {str(index.name) for table in tables for index in table.indexes}
    expected |= {str(constraint.name) for table in tables for constraint in table.constraints}
    assert postgresql_store.read(names) == expected


def test_an_upgrade_can_be_repeated(empty: str) -> None:
    for _ in range(3):
        migrate.upgrade(empty)
        assert on_database(empty, health.revision) == health.newest()
    assert on_database(empty, _tables) == EVERYTHING


def test_a_database_without_migrations_says_so(empty: str) -> None:
    if empty.startswith("sqlite"):
        Path(empty.removeprefix("sqlite:///")).parent.mkdir(parents=True)
    assert on_database(empty, health.revision) is None


def test_a_downgrade_leaves_nothing_and_an_upgrade_brings_everything_back(empty: str) -> None:
    migrate.upgrade(empty)
    on_database(empty, step_back("base"))
    assert on_database(empty, _tables) == {"alembic_version"}
    assert on_database(empty, health.revision) is None
    migrate.upgrade(empty)
    assert on_database(empty, _differences) == []


def test_an_upgrade_that_fails_halfway_leaves_nothing(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise KeyError("halfway")

    with monkeypatch.context() as broken:
        broken.setattr(op, "create_index", fail)
        with pytest.raises(KeyError, match="halfway"):
            migrate.upgrade(empty)
    assert on_database(empty, _tables) == set()
    migrate.upgrade(empty)
    assert on_database(empty, _tables) == EVERYTHING


def test_two_instances_may_upgrade_at_once(empty: str) -> None:
    script = f"{SLOWLY}; migrate.upgrade({empty!r})"
    instances = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    errors = [instance.communicate(timeout=60)[1] for instance in instances]
    assert [instance.returncode for instance in instances] == [0, 0], errors
    assert on_database(empty, _differences) == []
