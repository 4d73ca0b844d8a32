"""Migrations: they make the tables that the code states, once, whole or not at all."""

import asyncio
import re
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
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from core.errors import StorageUnavailable
from storage import health, migrate
from storage.schema.installation import FIRST_RECORDED, schema_revisions
from storage.schema.tables import metadata
from tests.databases import fresh_postgres
from tests.service import ROOT
from tests.storage.store import Store

Result = TypeVar("Result")
# A slow migration, so that both processes migrate at the same time: some 3 s, of the 5 that SQLite waits for a lock.
SLOWLY = (
    "import time; from alembic import op; from storage import migrate; create = op.create_table;"
    "op.create_table = lambda *a, **k: (time.sleep(0.1), create(*a, **k))"
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


def test_each_migration_states_the_oldest_code_that_can_run_on_it() -> None:
    line = list(ScriptDirectory.from_config(migrate.config()).walk_revisions())
    revisions = {script.revision for script in line}
    for script in line:
        assert script.module.oldest_code in revisions and script.module.oldest_code <= script.revision
        # Additive: the code that was deployed before goes on.
        assert script.down_revision is None or script.module.oldest_code <= str(script.down_revision)


def test_each_migration_has_its_row_in_the_table_of_locks() -> None:
    document = (ROOT / "docs" / "postgresql.md").read_text(encoding="utf-8")
    section = document.partition("\n## Locks of migrations\n")[2].partition("\n## ")[0]
    listed = [name for cell in re.findall(r"^\| (\d.*?) \|", section, re.MULTILINE) for name in _revisions(cell)]
    line = ScriptDirectory.from_config(migrate.config()).walk_revisions()
    assert listed == sorted(script.revision for script in line)


def _revisions(cell: str) -> list[str]:
    """The revisions that a cell names: `0001`, `0001, 0002` or `0001 to 0003`."""
    first, _, last = cell.partition(" to ")
    return [f"{number:04}" for number in range(int(first), int(last) + 1)] if last else cell.split(", ")


def test_the_database_says_which_code_can_run_on_it(empty: str) -> None:
    rows = "SELECT revision FROM schema_revisions ORDER BY revision"
    revisions = sorted(script.revision for script in ScriptDirectory.from_config(migrate.config()).walk_revisions())
    for before in ("base", "0014"):
        migrate.upgrade(empty)
        recorded = on_database(empty, lambda connection: list(connection.execute(text(rows)).scalars()))
        assert recorded == [name for name in revisions if name >= FIRST_RECORDED]
        on_database(empty, step_back(before))


def newer(connection: Connection, revision: str, oldest: str) -> None:
    """As a later version of the code leaves the database."""
    connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    connection.execute(schema_revisions.insert(), {"revision": revision, "oldest_code": oldest})


def refusal(connection: Connection) -> str:
    """Why the server does not use a database with this schema."""
    try:
        health.require_schema(connection)
    except StorageUnavailable as error:
        return error.detail
    return ""


@pytest.mark.parametrize("can", [True, False])
def test_a_newer_database_is_left_as_it_is_and_served_if_its_migrations_allow_it(empty: str, can: bool) -> None:
    migrate.upgrade(empty)
    assert not on_database(empty, health.is_newer)
    on_database(empty, lambda connection: newer(connection, "9998", health.newest() if can else "9998"))
    on_database(empty, lambda connection: newer(connection, "9999", health.newest()))
    migrate.upgrade(empty)
    assert on_database(empty, health.revision) == "9999"
    assert on_database(empty, health.is_newer) and on_database(empty, health.can_serve) == can
    assert on_database(empty, refusal) == ("" if can else "The database is too new for this version.")


def test_two_instances_may_upgrade_at_once(empty: str) -> None:
    script = f"{SLOWLY}; migrate.upgrade({empty!r})"
    instances = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    errors = [instance.communicate(timeout=60)[1] for instance in instances]
    assert [instance.returncode for instance in instances] == [0, 0], errors
    assert on_database(empty, _differences) == []
