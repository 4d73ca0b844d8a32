"""Background reads: long reads that do not delay requests, with the same guarantees as other reads."""

import asyncio
from threading import Event

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from core.errors import StorageUnavailable
from storage.database import Storage
from storage.schema.encryption import Keyring
from tests.counting import count_accounts
from tests.service import PATIENCE
from tests.storage.store import KEYS, Store


def test_a_background_read_sees_committed_rows(store: Store) -> None:
    for number in range(3):
        assert store.run(store.storage.read_in_background(count_accounts)) == number
        store.new_account()


def test_a_wrong_statement_is_an_error_and_the_connection_stays_usable(store: Store) -> None:
    def wrong(connection: Connection) -> None:
        connection.execute(text("SELECT nothing FROM accounts"))

    for _ in range(5):
        with pytest.raises(DBAPIError):
            store.run(store.storage.read_in_background(wrong))
    assert store.run(store.storage.read_in_background(count_accounts)) == 0


def test_reads_and_writes_run_during_a_background_read(sqlite_store: Store) -> None:
    going_on, go_on = Event(), Event()

    def long(connection: Connection) -> int:
        before = count_accounts(connection)
        going_on.set()
        assert go_on.wait(PATIENCE)
        return before

    async def both() -> tuple[int, int]:
        background = asyncio.create_task(sqlite_store.storage.read_in_background(long))
        await asyncio.to_thread(going_on.wait, PATIENCE)
        await sqlite_store.storage.write(lambda connection: connection.execute(text("DELETE FROM accounts")))
        seen = await sqlite_store.storage.read(count_accounts)
        go_on.set()
        return await background, seen

    sqlite_store.new_account()
    assert sqlite_store.run(both()) == (1, 0)


def test_a_database_that_is_away_is_an_outage(tmp_path: object) -> None:
    async def read() -> None:
        async with Storage(f"sqlite:///{tmp_path}", Keyring(KEYS)) as storage:  # a folder
            await storage.read_in_background(count_accounts)

    with pytest.raises(StorageUnavailable):
        asyncio.run(read())
