"""The version-keyed cache: entries are valid until an identity changes, whichever process changes it."""

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, delete, update
from sqlalchemy.sql import visitors

from services import version_cache
from services.version_cache import VersionCache
from storage import accounts, apikeys, migrate, sessions
from storage.database import Storage
from storage.schema import seed
from storage.schema.encryption import Keyring
from storage.schema.tables import accounts as accounts_table
from tests.databases import fresh_postgres
from tests.storage.store import KEYS, NOW, ORIGIN

Read = list[int]
COLUMNS = import_module("storage.schema.migrations.versions.0016_identity_version").COLUMNS


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file."""
    file = tmp_path_factory.mktemp("version-cache") / "test.db"
    migrate.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def storage(database: Path) -> Storage:
    """Storage of that file."""
    return Storage(f"sqlite:///{database}", Keyring(KEYS))


@pytest.fixture
def runner(storage: Storage) -> Iterator[asyncio.Runner]:
    """An event loop with the storage open on it."""
    with asyncio.Runner() as runner:
        runner.run(storage.open())
        runner.run(storage.write(_one_of_each))
        # The reading connection is opened by the first read.
        runner.run(storage.read(lambda connection: None))
        yield runner
        runner.run(storage.write(lambda connection: connection.execute(delete(accounts_table))))
        runner.run(storage.close())


def _one_of_each(connection: Connection) -> None:
    """Create an account with an API key and a session."""
    account = accounts.create(
        connection, email="alice@example.org", language="en", role="user", password="hash", now=NOW
    )
    until = NOW + timedelta(days=1)
    key: dict[str, Any] = {"name": "a key", "level": 3, "secret_hash": "0" * 64}
    apikeys.create(connection, user_id=account["id"], origin=ORIGIN, now=NOW, expires_at=until, **key)
    sessions.begin(connection, account, now=NOW, until=until)


async def counted(kept: VersionCache[str, int], reads: Read, key: str = "a") -> int:
    """Return the cached value, or count a new read and return the count."""

    async def read() -> int:
        reads.append(len(reads) + 1)
        return len(reads)

    return await kept.get(key, read)


def write_elsewhere(database: Path, sql: str = "UPDATE accounts SET status = status") -> None:
    """As another process does."""
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        assert connection.execute(sql).rowcount == 1, sql
    connection.close()


def test_a_cached_value_is_not_read_again_while_nothing_is_written(runner: asyncio.Runner, storage: Storage) -> None:
    kept, reads = VersionCache[str, int](storage), Read()
    assert [runner.run(counted(kept, reads)) for _ in range(5)] == [1] * 5
    assert runner.run(counted(kept, reads, "b")) == 2


def test_a_change_of_an_identity_by_this_process_ends_it(runner: asyncio.Runner, storage: Storage) -> None:
    kept, reads = VersionCache[str, int](storage), Read()
    runner.run(counted(kept, reads))
    runner.run(storage.write(lambda connection: connection.execute(update(accounts_table).values(consent=2))))
    assert runner.run(counted(kept, reads)) == 2


def test_a_write_of_something_else_does_not_end_it(runner: asyncio.Runner, storage: Storage, database: Path) -> None:
    kept, reads = VersionCache[str, int](storage), Read()
    runner.run(counted(kept, reads))
    runner.run(storage.write(seed.seed, NOW))
    for sql in (
        "UPDATE accounts SET jwt_calls = jwt_calls + 1, last_seen = updated_at, language = 'en'",
        "UPDATE apikeys SET calls = calls + 1, last_seen = created_at",
        "UPDATE sessions SET last_used_at = created_at",
    ):
        write_elsewhere(database, sql)
    assert runner.run(counted(kept, reads)) == 1


def test_each_column_of_an_identity_ends_it_whichever_process_writes(
    runner: asyncio.Runner, storage: Storage, database: Path
) -> None:
    kept, reads = VersionCache[str, int](storage), Read()
    changes = [f"UPDATE {table} SET {name} = {name}" for table, names in COLUMNS.items() for name in names]
    for wanted, sql in enumerate(changes, 1):
        assert [runner.run(counted(kept, reads)) for _ in range(2)] == [wanted] * 2
        write_elsewhere(database, sql)


@pytest.mark.parametrize("table", ["apikeys", "sessions", "accounts"])
def test_a_removal_ends_it(runner: asyncio.Runner, storage: Storage, database: Path, table: str) -> None:
    kept, reads = VersionCache[str, int](storage), Read()
    runner.run(counted(kept, reads))
    write_elsewhere(database, f"DELETE FROM {table}")
    assert runner.run(counted(kept, reads)) == 2


def test_the_triggers_watch_every_column_that_authentication_reads() -> None:
    statements = (apikeys._status.statement, sessions._status.statement, sessions._administrator)
    columns = {
        (column.table.name.replace("parent", "sessions"), column.name)
        for statement in statements
        for column in visitors.iterate(statement)
        if isinstance(column, Column) and not column.primary_key
    }
    assert columns == {(table, name) for table, names in COLUMNS.items() for name in names}


def test_a_value_read_before_a_write_is_not_cached_after_it(
    runner: asyncio.Runner, storage: Storage, database: Path
) -> None:
    kept, reads = VersionCache[str, int](storage), Read()

    async def read_slowly() -> int:
        reads.append(0)
        write_elsewhere(database)
        return await counted(kept, reads, "other")

    runner.run(kept.get("a", read_slowly))
    assert runner.run(counted(kept, reads)) == len(reads)
    assert len(reads) == 3


def test_what_raises_is_not_kept(runner: asyncio.Runner, storage: Storage) -> None:
    kept, reads = VersionCache[str, int](storage), Read()

    async def fail() -> int:
        raise KeyError("mine")

    with pytest.raises(KeyError):
        runner.run(kept.get("a", fail))
    assert runner.run(counted(kept, reads)) == 1


def test_an_invalidated_value_is_read_again(runner: asyncio.Runner, storage: Storage) -> None:
    kept, reads = VersionCache[str, int](storage), Read()
    runner.run(counted(kept, reads))
    kept.forget("a")
    assert runner.run(counted(kept, reads)) == 2


def test_the_oldest_entry_makes_room_for_a_new_one(
    runner: asyncio.Runner, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version_cache, "MOST", 3)
    kept, reads = VersionCache[str, int](storage), Read()
    read = {key: runner.run(counted(kept, reads, key)) for key in "abcd"}
    assert {key: runner.run(counted(kept, reads, key)) for key in "bcd"} == {key: read[key] for key in "bcd"}
    assert runner.run(counted(kept, reads, "a")) == read["d"] + 1


def test_on_postgresql_without_a_ttl_nothing_is_cached() -> None:
    with fresh_postgres() as url, asyncio.Runner() as runner:
        storage = Storage(url, Keyring(KEYS))
        kept, reads = VersionCache[str, int](storage), Read()
        runner.run(storage.open())
        assert [runner.run(counted(kept, reads)) for _ in range(3)] == [1, 2, 3]
        runner.run(storage.close())
