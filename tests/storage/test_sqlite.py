"""The embedded engine: one writer thread that outlives everything, and commits that writes share."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection

from core.errors import AlreadyExists, ConcurrentDeletion, NoSuchRecord, StorageUnavailable
from storage import accounts, sets
from storage.engines.driver_errors import savepoint
from storage.schema.tables import sets as table
from tests.counting import count_accounts
from tests.service import PATIENCE
from tests.storage.store import NOW, Store, new_set


def _file(store: Store) -> str:
    return store.url.removeprefix("sqlite:///")


def _pragma(statement: str) -> Any:
    """A unit of work that sets up the connection which does it."""
    return lambda connection: connection.exec_driver_sql(f"PRAGMA {statement}").scalar()


def _together(store: Store, *queries: Any) -> list[Any]:
    """The outcomes of writes that share one transaction, because the writer was busy when they came."""

    async def all_of_them() -> list[Any]:
        begun, go_on = threading.Event(), threading.Event()

        def hold(_: Connection) -> None:
            begun.set()
            go_on.wait(PATIENCE)

        busy = asyncio.create_task(store.storage.write(hold))
        await asyncio.to_thread(begun.wait, PATIENCE)
        waiting = asyncio.gather(*(store.storage.write(query) for query in queries), return_exceptions=True)
        await asyncio.sleep(0)
        go_on.set()
        await busy
        return await waiting

    return store.run(all_of_them())


@contextmanager
def _held(store: Store) -> Iterator[None]:
    """Another process is writing."""
    with closing(sqlite3.connect(_file(store), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_every_connection_is_durable_and_keeps_foreign_keys(sqlite_store: Store) -> None:
    for unit in (sqlite_store.read, sqlite_store.write):
        assert unit(_pragma("journal_mode")) == "wal"
        assert unit(_pragma("synchronous")) == 2  # FULL
        assert unit(_pragma("foreign_keys")) == 1


def test_writes_that_wait_are_done_in_the_order_they_came(sqlite_store: Store) -> None:
    user_id = sqlite_store.new_account()["id"]
    order: list[int] = []

    def job(number: int) -> Any:
        def work(connection: Connection) -> None:
            order.append(number)
            new_set(connection, user_id, name=str(number))

        return work

    _together(sqlite_store, *(job(number) for number in range(150)))
    assert order == list(range(150))
    stored = [made["name"] for made in sqlite_store.read(sets.list_of, user_id)]
    assert stored == [str(number) for number in range(150)]


def test_one_that_fails_in_a_shared_transaction_fails_alone(sqlite_store: Store) -> None:
    user_id = sqlite_store.new_account("alice@example.org")["id"]

    def good(connection: Connection) -> int:
        return int(new_set(connection, user_id)["id"])

    def broken(connection: Connection) -> None:
        new_set(connection, user_id, name="undone")
        sets.lock(connection, 999_999)

    def taken(connection: Connection) -> None:
        new_set(connection, user_id, name="undone")
        accounts.create(connection, email="alice@example.org", language="en", role="user", password="", now=NOW)

    first, second, third, last = _together(sqlite_store, good, broken, taken, good)
    assert (type(second), type(third)) == (NoSuchRecord, AlreadyExists)
    assert [made["id"] for made in sqlite_store.read(sets.list_of, user_id)] == [first, last]


def test_no_writer_returns_before_a_shared_commit_that_fails(sqlite_store: Store) -> None:
    user_id = sqlite_store.new_account()["id"]

    def good(connection: Connection) -> Any:
        return new_set(connection, user_id)

    def found_wrong_at_commit(connection: Connection) -> Any:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        return new_set(connection, 999_999)

    outcomes = _together(sqlite_store, good, found_wrong_at_commit, good)
    assert [type(outcome) for outcome in outcomes] == [ConcurrentDeletion] * 3
    assert sqlite_store.count(table) == 0
    sqlite_store.new_set(user_id)
    assert sqlite_store.count(table) == 1


@pytest.mark.parametrize("error", [asyncio.CancelledError, GeneratorExit, MemoryError, RecursionError])
def test_the_writer_outlives_whatever_a_unit_of_work_raises(sqlite_store: Store, error: type[BaseException]) -> None:
    user_id = sqlite_store.new_account()["id"]

    def explode(connection: Connection) -> None:
        new_set(connection, user_id)
        raise error

    [outcome] = sqlite_store.write_at_once(explode)
    assert isinstance(outcome, error)
    sqlite_store.new_set(user_id)
    assert sqlite_store.count(table) == 1


def test_a_caller_with_a_closed_event_loop_does_not_disturb_others(sqlite_store: Store) -> None:
    user_id = sqlite_store.new_account()["id"]
    go_on = threading.Event()

    def slow(connection: Connection) -> None:
        go_on.wait(PATIENCE)
        new_set(connection, user_id)

    async def begin_and_go() -> None:
        task = asyncio.create_task(sqlite_store.storage.write(slow))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(begin_and_go())
    go_on.set()
    sqlite_store.new_set(user_id)
    assert sqlite_store.count(table) == 2


def test_a_full_disk_refuses_all_writes_of_the_moment_and_none_of_the_next(sqlite_store: Store) -> None:
    user_id = sqlite_store.new_account()["id"]
    sqlite_store.write(_pragma("max_page_count=1"))  # it becomes the present size, for this connection

    def large(connection: Connection) -> Any:
        with savepoint(connection):
            return new_set(connection, user_id, notes="x" * 2_000_000)

    def small(connection: Connection) -> Any:
        return new_set(connection, user_id)

    outcomes = _together(sqlite_store, small, large, small)
    assert [type(outcome) for outcome in outcomes] == [StorageUnavailable] * 3
    assert sqlite_store.count(table) == 0
    sqlite_store.write(large)
    assert sqlite_store.count(table) == 1


def test_a_lock_that_another_process_holds_stops_writes_and_no_reads(sqlite_store: Store) -> None:
    user_id = sqlite_store.new_account()["id"]
    sqlite_store.write(_pragma("busy_timeout=50"))
    with _held(sqlite_store):
        with pytest.raises(StorageUnavailable):
            sqlite_store.new_set(user_id)
        assert sqlite_store.read(count_accounts) == 1
    sqlite_store.new_set(user_id)


def test_a_short_lock_is_waited_for_off_the_event_loop(sqlite_store: Store) -> None:
    user_id = sqlite_store.new_account()["id"]

    async def write_beside_reads() -> int:
        with _held(sqlite_store):
            writing = asyncio.create_task(sqlite_store.storage.write(new_set, user_id))
            reads = 0
            while reads < 50:
                await sqlite_store.storage.read(count_accounts)
                await asyncio.sleep(0.001)
                reads += 1
            assert not writing.done()
        await writing
        return reads

    assert sqlite_store.run(write_beside_reads()) == 50
    assert sqlite_store.count(table) == 1


def test_a_read_that_fails_halfway_does_not_hold_the_reader_in_the_past(sqlite_store: Store) -> None:
    user_id = sqlite_store.new_account()["id"]
    for _ in range(3):
        sqlite_store.new_set(user_id)
    kept: list[Any] = []

    def stop_halfway(connection: Connection) -> None:
        rows = connection.exec_driver_sql("SELECT id FROM sets")
        kept.append(rows.fetchone())
        raise KeyError

    with pytest.raises(KeyError):
        sqlite_store.read(stop_halfway)
    sqlite_store.new_set(user_id)
    assert sqlite_store.count(table) == 4


def test_a_file_that_cannot_be_opened_is_an_outage_until_it_can(tmp_path: Any, sqlite_url: str) -> None:
    place = tmp_path / "database"
    place.mkdir()
    with asyncio.Runner() as runner:
        store = Store(f"sqlite:///{place / 'test.db'}", runner)
        store.connect()
        (place / "test.db").mkdir()  # a folder cannot be opened
        for unit in (store.read, store.write):
            with pytest.raises(StorageUnavailable):
                unit(count_accounts)
        (place / "test.db").rmdir()
        assert store.read(_pragma("user_version")) == store.write(_pragma("user_version")) == 0
        store.disconnect()


def test_a_file_that_is_no_database_is_an_outage_until_it_is_one(tmp_path: Any) -> None:
    file = tmp_path / "test.db"
    file.write_bytes(b"no database at all, by far " * 100)
    with asyncio.Runner() as runner:
        store = Store(f"sqlite:///{file}", runner)
        store.connect()
        for unit in (store.read, store.write):
            with pytest.raises(StorageUnavailable):
                unit(count_accounts)
        file.unlink()
        assert store.read(_pragma("user_version")) == store.write(_pragma("user_version")) == 0
        store.disconnect()
