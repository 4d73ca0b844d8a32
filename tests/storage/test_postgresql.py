"""The PostgreSQL engine: each kind of outage raises StorageUnavailable, and the pool stays usable."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.util import await_only

from core.errors import StorageUnavailable
from storage import accounts, sets
from storage.engines import postgresql
from storage.schema.tables import sets as table
from tests.counting import count_accounts
from tests.service import PATIENCE
from tests.storage.store import Store, new_set


def _sql(statement: str) -> Any:
    """A unit of work of one statement."""

    def work(connection: Connection) -> Any:
        result = connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None

    return work


def _others(store: Store) -> int:
    """How many connections this database has, besides the one that asks."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    return int(store.read(_sql(asked)))


def _end_all_connections(store: Store) -> None:
    """As at a restart of PostgreSQL, which none of the waiting connections has noticed yet."""

    async def end() -> int:
        outside = await asyncpg.connect(store.url)
        others = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ended = int(await outside.fetchval(f"SELECT count(pg_terminate_backend(pid)) FROM {others}"))
        await outside.close()
        return ended

    assert asyncio.run(end()) == 4


def _held(until: Callable[[], Awaitable[object]]) -> Any:
    """A unit of work that holds its connection, at a statement, until then."""

    def work(connection: Connection) -> None:
        connection.execute(text("SELECT 1"))
        await_only(until())

    return work


def _fill_pool(store: Store, size: int = 4) -> None:
    together = asyncio.Barrier(size)
    store.run(_gather(*(store.storage.read(_held(together.wait)) for _ in range(size))))


async def _gather(*calls: Any) -> list[Any]:
    async with asyncio.timeout(PATIENCE):
        return await asyncio.gather(*calls, return_exceptions=True)


def test_after_a_restart_of_the_database_reads_never_notice(postgresql_store: Store) -> None:
    made = postgresql_store.new_account()
    _fill_pool(postgresql_store)
    _end_all_connections(postgresql_store)
    for _ in range(6):
        assert postgresql_store.read(accounts.find, made["id"]) == made


def test_after_a_restart_of_the_database_writes_never_notice(postgresql_store: Store) -> None:
    user_id = postgresql_store.new_account()["id"]
    _fill_pool(postgresql_store)
    _end_all_connections(postgresql_store)
    for _ in range(6):
        postgresql_store.new_set(user_id)
    assert postgresql_store.count(table) == 6


def test_given_up_calls_leave_the_pool_usable(postgresql_store: Store) -> None:
    user_id = postgresql_store.new_account()["id"]

    async def begin_and_give_up(unit: Any, statement: str) -> None:
        tasks = [asyncio.create_task(unit(_sql(statement))) for _ in range(6)]
        await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)

    for unit in (postgresql_store.storage.read, postgresql_store.storage.write):
        postgresql_store.run(begin_and_give_up(unit, "SELECT pg_sleep(60)"))
    for _ in range(6):
        postgresql_store.new_set(user_id)
    assert _others(postgresql_store) < 4


def test_a_statement_that_takes_too_long_is_ended(postgresql_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "STATEMENT_SECONDS", 0.2)
    postgresql_store.connect()
    user_id = postgresql_store.new_account()["id"]
    for unit in (postgresql_store.read, postgresql_store.write):
        for _ in range(4):
            with pytest.raises(StorageUnavailable):
                unit(_sql("SELECT pg_sleep(60)"))
    postgresql_store.new_set(user_id)
    assert len(postgresql_store.read(sets.list_of, user_id)) == 1


def test_a_request_without_a_free_connection_gets_503_in_time(
    postgresql_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgresql_store.connect(pool=2)
    storage = postgresql_store.storage

    async def crowd() -> tuple[list[Any], list[Any]]:
        held, released = asyncio.Barrier(3), asyncio.Event()

        async def hold() -> None:
            await held.wait()
            await released.wait()

        holding = [asyncio.create_task(storage.read(_held(hold))) for _ in range(2)]
        await held.wait()
        monkeypatch.setattr(postgresql, "CONNECT_SECONDS", 0.1)
        others = await _gather(storage.read(count_accounts), storage.write(count_accounts))
        released.set()
        return others, await _gather(*holding)

    others, holding = postgresql_store.run(crowd())
    assert [type(outcome) for outcome in others] == [StorageUnavailable] * 2
    assert holding == [None, None]


def test_of_two_that_wait_for_each_other_one_goes_first_and_one_again(postgresql_store: Store) -> None:
    ids = [postgresql_store.new_account()["id"] for _ in range(2)]

    both, tries = asyncio.Barrier(2), []

    def crossing(first: int, second: int) -> Any:
        def work(connection: Connection) -> None:
            accounts.lock(connection, first)
            tries.append(first)
            if len(tries) <= 2:
                await_only(both.wait())
            accounts.lock(connection, second)

        return work

    outcomes = postgresql_store.write_at_once(crossing(*ids), crossing(*reversed(ids)))
    assert outcomes == [None, None]
    assert len(tries) == 3


def test_no_transaction_is_left_open(postgresql_store: Store) -> None:
    user_id = postgresql_store.new_account()["id"]

    def broken(connection: Connection) -> None:
        new_set(connection, user_id)
        raise KeyError

    for unit in (postgresql_store.read, postgresql_store.write):
        for _ in range(3):
            with pytest.raises(KeyError):
                unit(broken)
    idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in %'"
    assert postgresql_store.read(_sql(idle)) == 0


def test_a_replica_in_the_place_of_the_primary_is_an_outage_for_writes_only(postgresql_store: Store) -> None:
    user_id = postgresql_store.new_account()["id"]
    database = postgresql_store.read(_sql("SELECT current_database()"))
    postgresql_store.write(_sql(f"ALTER DATABASE {database} SET default_transaction_read_only = on"))
    try:
        postgresql_store.connect()
        with pytest.raises(StorageUnavailable):
            postgresql_store.new_set(user_id)
        assert postgresql_store.read(count_accounts) == 1
    finally:
        change = f"SET default_transaction_read_only = off; ALTER DATABASE {database} RESET ALL"
        for statement in change.split(";"):
            postgresql_store.read(_sql(statement))
    postgresql_store.connect()
    postgresql_store.new_set(user_id)


@contextmanager
def _role(store: Store, limits: str) -> Iterator[str]:
    """Another user of the database, by name, with these limits."""
    name = f"freesewing_test_{uuid4().hex[:12]}"
    store.write(_sql(f"CREATE ROLE {name} LOGIN {limits}"))
    try:
        yield name
    finally:
        store.connect()
        store.write(_sql(f"DROP ROLE {name}"))


def _as(store: Store, role: str) -> Store:
    return Store(store.url.replace("//postgres@", f"//{role}@"), store.runner)


def test_a_database_that_takes_no_more_connections_is_an_outage(postgresql_store: Store) -> None:
    with _role(postgresql_store, "CONNECTION LIMIT 1") as role:
        crowded = _as(postgresql_store, role)
        crowded.connect()
        # The only connection of the pool is open and idle: of two concurrent reads one gets it.
        assert crowded.read(_sql("SELECT 1")) == 1
        refused = asyncio.Event()

        async def ask() -> object:
            try:
                return await crowded.storage.read(_held(refused.wait))
            except StorageUnavailable as error:
                refused.set()
                return error

        outcomes = crowded.run(_gather(ask(), ask()))
        assert sum(isinstance(outcome, StorageUnavailable) for outcome in outcomes) == 1
        assert crowded.read(_sql("SELECT 1")) == 1
        crowded.disconnect()


@pytest.mark.parametrize("wrong", ["//nobody_of_this_name@", "/no_such_database"])
def test_a_database_that_does_not_let_us_in_is_an_outage(postgresql_store: Store, wrong: str) -> None:
    url = postgresql_store.url
    url = url.replace("//postgres@", wrong) if wrong.endswith("@") else url.rsplit("/", 1)[0] + wrong
    refused = Store(url, postgresql_store.runner)
    refused.connect()
    for unit in (refused.read, refused.write):
        with pytest.raises(StorageUnavailable):
            unit(count_accounts)
    refused.disconnect()
