"""Reading much: away from requests, with the same promises as any other reading."""

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


def test_what_was_written_is_read(store: Store) -> None:
    for number in range(3):
        assert store.run(store.storage.read_aside(count_accounts)) == number
        store.new_account()


def test_a_wrong_statement_is_our_mistake_and_leaves_everything_well(store: Store) -> None:
    def wrong(connection: Connection) -> None:
        connection.execute(text("SELECT nothing FROM accounts"))

    for _ in range(5):
        with pytest.raises(DBAPIError):
            store.run(store.storage.read_aside(wrong))
    assert store.run(store.storage.read_aside(count_accounts)) == 0


def test_reads_and_writes_go_on_meanwhile(sqlite_store: Store) -> None:
    going_on, go_on = Event(), Event()

    def long(connection: Connection) -> int:
        before = count_accounts(connection)
        going_on.set()
        assert go_on.wait(PATIENCE)
        return before

    async def both() -> tuple[int, int]:
        aside = asyncio.create_task(sqlite_store.storage.read_aside(long))
        await asyncio.to_thread(going_on.wait, PATIENCE)
        await sqlite_store.storage.write(lambda connection: connection.execute(text("DELETE FROM accounts")))
        seen = await sqlite_store.storage.read(count_accounts)
        go_on.set()
        return await aside, seen

    sqlite_store.new_account()
    assert sqlite_store.run(both()) == (1, 0)


def test_a_database_that_is_away_is_an_outage(tmp_path: object) -> None:
    async def read() -> None:
        async with Storage(f"sqlite:///{tmp_path}", Keyring(KEYS)) as storage:  # a folder
            await storage.read_aside(count_accounts)

    with pytest.raises(StorageUnavailable):
        asyncio.run(read())
