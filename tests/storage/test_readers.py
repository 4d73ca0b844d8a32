"""Connections that readers keep: never more than the pool has, never one that a writer waits for in vain."""

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection, text

from core.errors import StorageUnavailable
from storage import sessions
from storage.engines import postgresql
from storage.engines.statements import DIRECT
from tests.counting import count_accounts
from tests.storage.store import Store


def others(store: Store) -> int:
    """How many connections this database has."""
    asked = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
    return int(store.read(lambda connection: connection.execute(asked).scalar_one()))


def sleeping(seconds: float) -> Any:
    """A unit of work that takes this long."""
    return lambda connection: connection.execute(text(f"SELECT pg_sleep({seconds})")).scalar()


def test_more_readers_than_connections_all_are_served(postgresql_store: Store) -> None:
    postgresql_store.connect(pool=3)

    async def read_at_once() -> list[int]:
        return await asyncio.gather(*(postgresql_store.storage.read(count_accounts) for _ in range(60)))

    assert postgresql_store.run(read_at_once()) == [0] * 60
    assert others(postgresql_store) <= 3
    load = postgresql_store.storage.load()
    assert load is not None
    assert load.connections == {"checked_out": 0, "idle": 3}
    assert load.waiting == 0


def test_a_writer_gets_a_connection_that_a_reader_has_kept(postgresql_store: Store) -> None:
    postgresql_store.connect(pool=2)

    async def fill_and_write() -> None:
        await asyncio.gather(*(postgresql_store.storage.read(sleeping(0.05)) for _ in range(2)))
        await asyncio.gather(
            *(postgresql_store.storage.write(sleeping(0.01)) for _ in range(6)),
            *(postgresql_store.storage.read(count_accounts) for _ in range(6)),
        )

    # Else it would wait for the pool in vain, and fail.
    postgresql_store.run(fill_and_write())
    assert others(postgresql_store) <= 2


def test_a_cancelled_read_returns_its_connection(postgresql_store: Store) -> None:
    postgresql_store.connect(pool=1)

    async def cancel_and_read() -> int:
        for _ in range(3):
            reading = asyncio.create_task(postgresql_store.storage.read(sleeping(30)))
            await asyncio.sleep(0.1)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
        return await postgresql_store.storage.read(count_accounts)

    assert postgresql_store.run(cancel_and_read()) == 0


def test_a_query_is_prepared_again_when_its_table_has_changed(postgresql_store: Store) -> None:
    # One for reads, and one for writes.
    postgresql_store.connect(pool=2)

    def change(sql: str) -> None:
        postgresql_store.run(postgresql_store.storage.write(lambda connection: connection.execute(text(sql))))

    def read(connection: Connection) -> Any:
        return connection.get_execution_options()[DIRECT]("SELECT * FROM changing", ())

    change("CREATE TABLE changing AS SELECT 1 AS one")
    assert [tuple(row) for row in postgresql_store.read(read)] == [(1,)]
    change("ALTER TABLE changing ADD COLUMN two integer DEFAULT 2")
    assert postgresql_store.read(read) is None
    assert [tuple(row) for row in postgresql_store.read(read)] == [(1, 2)]


def test_a_query_stays_prepared_when_a_writer_uses_the_connection_in_between(postgresql_store: Store) -> None:
    postgresql_store.connect(pool=1)
    times = text("SELECT prepare_time FROM pg_prepared_statements WHERE statement = 'SELECT 41'")

    def read(connection: Connection) -> list[Any]:
        connection.get_execution_options()[DIRECT]("SELECT 41", ())
        return list(connection.execute(times).scalars())

    before = postgresql_store.read(read)
    postgresql_store.write(count_accounts)
    assert postgresql_store.read(read) == before
    assert len(before) == 1


def test_a_read_that_waits_for_a_lock_is_given_up_once(
    postgresql_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "LOCK_SECONDS", 0.5)
    postgresql_store.connect(pool=3)
    tries = []

    def find(connection: Connection) -> object:
        tries.append(connection)
        return sessions.find_status(connection, 1)

    async def lock_and_read() -> None:
        holder = await asyncpg.connect(postgresql_store.url)
        try:
            async with holder.transaction():
                await holder.execute("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE")
                with pytest.raises(StorageUnavailable):
                    await postgresql_store.storage.read(find)
        finally:
            await holder.close()

    postgresql_store.run(lock_and_read())
    assert len(tries) == 1
    assert postgresql_store.read(sessions.find_status, 1) is None


def test_a_read_leaves_no_transaction_open(postgresql_store: Store) -> None:
    def slowly(connection: Connection) -> None:
        connection.execute(text("SELECT 1"))

    postgresql_store.read(slowly)
    postgresql_store.read(count_accounts)
    asked = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'")
    assert postgresql_store.read(lambda connection: connection.execute(asked).scalar_one()) == 0
