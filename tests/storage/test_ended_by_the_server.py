"""PostgreSQL itself ends what takes too long on our connections, whatever becomes of who asked for it."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import Connection, text

from core.errors import StorageUnavailable
from storage import accounts
from storage.engines import postgresql
from storage.schema.tables import sets as table
from tests.proxy import Proxy
from tests.service import wait_until
from tests.storage.store import Store, new_set
from tests.storage.test_repeated_writes import proxied


def sleeps(connection: Connection) -> None:
    """A unit of work of one statement, which takes a minute."""
    connection.execute(text("SELECT pg_sleep(60)"))


def sleepers(store: Store) -> int:
    """How many such statements go on in the server."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
    return int(_asked(store, f"{asked} AND query LIKE 'SELECT pg_sleep%'"))


def _asked(store: Store, statement: str) -> Any:
    async def ask() -> Any:
        outside = await asyncpg.connect(store.url)
        try:
            return await outside.fetchval(statement)
        finally:
            await outside.close()

    # On a thread of its own, as if from elsewhere.
    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(asyncio.run, ask()).result()


def state_of(refused: pytest.ExceptionInfo[StorageUnavailable]) -> Any:
    """The SQLSTATE behind the fact."""
    return getattr(getattr(refused.value.__cause__, "orig", None), "sqlstate", None)


def test_a_statement_that_takes_too_long_is_ended_by_the_server_before_we_give_it_up(
    postgresql_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "STATEMENT_SECONDS", 0.3)
    postgresql_store.connect()
    for unit in (postgresql_store.read, postgresql_store.write):
        with pytest.raises(StorageUnavailable) as refused:
            unit(sleeps)
        assert state_of(refused) == "57014"


def test_the_server_ends_a_statement_whose_client_is_gone(
    postgresql_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The statement runs for two seconds before we give it up, and for two more.
    monkeypatch.setattr(postgresql, "STATEMENT_SECONDS", 4)
    monkeypatch.setattr(postgresql, "PATIENCE_SECONDS", -2)
    parts = urlsplit(postgresql_store.url)
    proxy = Proxy(parts.hostname or "", parts.port or 5432)
    behind = proxied(postgresql_store, proxy)
    behind.connect()
    try:

        async def ask_and_hang() -> None:
            asking = asyncio.create_task(behind.storage.write(sleeps))
            await asyncio.to_thread(wait_until, lambda: sleepers(postgresql_store) == 1, "the statement to begin")
            proxy.hang()
            # That the statement be cancelled does not get through either.
            with pytest.raises(StorageUnavailable):
                await asking

        behind.run(ask_and_hang())
        wait_until(lambda: sleepers(postgresql_store) == 0, "the statement to end in the server")
    finally:
        proxy.restore()
        behind.disconnect()
        proxy.cut()


@contextmanager
def held(store: Store, user_id: int) -> Iterator[None]:
    """Meanwhile another session holds the account."""
    with asyncio.Runner() as runner:
        outside = runner.run(asyncpg.connect(store.url))
        runner.run(outside.execute(f"BEGIN; SELECT * FROM accounts WHERE id = {user_id} FOR UPDATE"))
        try:
            yield
        finally:
            runner.run(outside.close())


def test_a_lock_timeout_is_an_error_and_other_requests_go_on(
    postgresql_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "LOCK_SECONDS", 0.3)
    postgresql_store.connect()
    locked, other = (postgresql_store.new_account()["id"] for _ in range(2))
    with held(postgresql_store, locked):
        with pytest.raises(StorageUnavailable) as refused:
            postgresql_store.write(accounts.lock, locked)
        assert state_of(refused) == "55P03"
        assert postgresql_store.read(accounts.find, locked)["id"] == locked
        assert postgresql_store.write(accounts.lock, other)["id"] == other
    assert postgresql_store.write(accounts.lock, locked)["id"] == locked


def test_a_transaction_that_says_nothing_is_ended_with_its_locks_and_done_again(
    postgresql_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "IDLE_SECONDS", 0.3)
    postgresql_store.connect()
    user_id = postgresql_store.new_account()["id"]
    free: list[int] = []

    def hangs_once(connection: Connection) -> None:
        accounts.lock(connection, user_id)
        if not free:
            # As if this process were stopped: another instance gets the lock meanwhile.
            free.append(_asked(postgresql_store, f"SELECT id FROM accounts WHERE id = {user_id} FOR UPDATE"))
        new_set(connection, user_id)

    postgresql_store.write(hangs_once)
    assert free == [user_id]
    assert postgresql_store.count(table) == 1
