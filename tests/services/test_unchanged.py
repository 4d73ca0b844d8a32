"""What is kept of the database while nothing is written to it: exact, whoever writes."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import storage
from services import version_cache
from services.version_cache import Unchanged
from storage import migrate
from storage.schema import seed
from storage.schema.encryption import Keyring
from tests.databases import fresh_postgres
from tests.storage.store import KEYS, NOW

Read = list[int]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file."""
    file = tmp_path_factory.mktemp("unchanged") / "test.db"
    migrate.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def runner(database: Path) -> Iterator[asyncio.Runner]:
    """An event loop with storage connected to it."""
    with asyncio.Runner() as runner:
        runner.run(storage.connect(f"sqlite:///{database}", Keyring(KEYS)))
        # The reading connection is opened by the first who reads.
        runner.run(storage.read(lambda connection: None))
        yield runner
        runner.run(storage.disconnect())


async def counted(kept: Unchanged[str, int], reads: Read, key: str = "a") -> int:
    """What is kept, or else how often it has been read by now."""

    async def read() -> int:
        reads.append(len(reads) + 1)
        return len(reads)

    return await kept.get(key, read)


def write_elsewhere(database: Path) -> None:
    """As another process does."""
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE accounts SET language = 'en'")
        connection.execute("DELETE FROM idempotency_keys")
        connection.execute("CREATE TABLE IF NOT EXISTS elsewhere (id INTEGER)")
        connection.execute("INSERT INTO elsewhere VALUES (1)")
    connection.close()


def test_what_is_kept_is_not_read_again_while_nothing_is_written(runner: asyncio.Runner) -> None:
    kept, reads = Unchanged[str, int](), Read()
    assert [runner.run(counted(kept, reads)) for _ in range(5)] == [1] * 5
    assert runner.run(counted(kept, reads, "b")) == 2


def test_a_write_of_this_process_ends_it(runner: asyncio.Runner) -> None:
    kept, reads = Unchanged[str, int](), Read()
    runner.run(counted(kept, reads))
    runner.run(storage.write(seed.seed, NOW))
    assert runner.run(counted(kept, reads)) == 2


def test_a_write_of_another_process_ends_it(runner: asyncio.Runner, database: Path) -> None:
    kept, reads = Unchanged[str, int](), Read()
    for wanted in (1, 2, 3):
        assert [runner.run(counted(kept, reads)) for _ in range(2)] == [wanted] * 2
        write_elsewhere(database)


def test_what_was_read_before_a_write_is_not_kept_after_it(runner: asyncio.Runner, database: Path) -> None:
    kept, reads = Unchanged[str, int](), Read()

    async def read_slowly() -> int:
        reads.append(0)
        write_elsewhere(database)
        return await counted(kept, reads, "other")

    runner.run(kept.get("a", read_slowly))
    assert runner.run(counted(kept, reads)) == len(reads)
    assert len(reads) == 3


def test_what_raises_is_not_kept(runner: asyncio.Runner) -> None:
    kept, reads = Unchanged[str, int](), Read()

    async def fail() -> int:
        raise KeyError("mine")

    with pytest.raises(KeyError):
        runner.run(kept.get("a", fail))
    assert runner.run(counted(kept, reads)) == 1


def test_what_is_forgotten_is_read_again(runner: asyncio.Runner) -> None:
    kept, reads = Unchanged[str, int](), Read()
    runner.run(counted(kept, reads))
    kept.forget("a")
    assert runner.run(counted(kept, reads)) == 2


def test_only_so_much_is_kept(runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version_cache, "MOST", 3)
    kept, reads = Unchanged[str, int](), Read()
    for key in "abcd":
        runner.run(counted(kept, reads, key))
    assert runner.run(counted(kept, reads, "a")) == 5


def test_where_a_change_cannot_be_told_nothing_is_kept() -> None:
    kept, reads = Unchanged[str, int](), Read()
    with fresh_postgres() as url, asyncio.Runner() as runner:
        runner.run(storage.connect(url, Keyring(KEYS)))
        assert [runner.run(counted(kept, reads)) for _ in range(3)] == [1, 2, 3]
        runner.run(storage.disconnect())
