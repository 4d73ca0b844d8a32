"""The drivers of reference (b), used directly: statements with `$1`, values as the driver reads and writes them.

A transaction is a generator: it yields statements with their values, and is sent the rows of each.
"""

import asyncio
import sqlite3
from collections.abc import Generator
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Thread
from typing import Any
from uuid import uuid4

import asyncpg

from core import clock

Transaction = Generator[tuple[str, tuple[Any, ...]], Any, Any]
MOST_TOGETHER = 64


class Sqlite:
    """`sqlite3`: reads on the event loop; one thread writes, and commits durably all that wait together.

    Of four ways (loop or thread, commits alone or together) this is the fastest. Ours shares commits too.
    """

    lock = ""

    def __init__(self, path: str) -> None:
        self._path = path

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: SimpleQueue[tuple[Transaction, asyncio.Future[Any]]] = SimpleQueue()
        self._reading = self._connect()
        Thread(target=self._write_all, args=(self._connect(),), daemon=True).start()

    async def close(self) -> None:
        self._reading.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        return self._reading.execute(statement.replace("$", "?"), values).fetchall()

    async def insert(self, statement: str, *values: Any) -> Any:
        return await self.run(_one(statement, values))

    async def run(self, transaction: Transaction) -> Any:
        done: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.put((transaction, done))
        return await done

    def _write_all(self, connection: sqlite3.Connection) -> None:
        """A failure ends the thread: requests then wait in vain, and the benchmark reports that."""
        while True:
            batch = [self._waiting.get()]
            while not self._waiting.empty() and len(batch) < MOST_TOGETHER:
                batch.append(self._waiting.get())
            connection.execute("BEGIN IMMEDIATE")
            results = [_run(connection, transaction) for transaction, _ in batch]
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_resolve, [done for _, done in batch], results)

    def now(self) -> str:
        """Return the present as the tables have it."""
        return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "000"

    def moment(self, value: str) -> str:
        return f"{value[:10]}T{value[11:23]}Z"

    def midnight(self) -> str:
        return f"{datetime.now(UTC):%Y-%m-%d} 00:00:00.000000"

    def new_uuid(self) -> str:
        return uuid4().hex

    def uuid(self, value: str) -> str:
        return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"

    def stored(self, uuid: Any) -> Any:
        return uuid.hex


def _one(statement: str, values: tuple[Any, ...]) -> Transaction:
    return (yield statement, values)


def _run(connection: sqlite3.Connection, transaction: Transaction) -> Any:
    try:
        statement, values = next(transaction)
        while True:
            rows = connection.execute(statement.replace("$", "?"), values).fetchall()
            statement, values = transaction.send(rows)
    except StopIteration as end:
        return end.value


def _resolve(waiting: list[asyncio.Future[Any]], results: list[Any]) -> None:
    for done, result in zip(waiting, results, strict=True):
        if not done.done():
            done.set_result(result)


class Postgresql:
    """`asyncpg`: a pool as large as ours, without the reset of returned connections, a round trip."""

    lock = " FOR UPDATE OF s"
    now, moment, new_uuid, uuid = staticmethod(clock.now), staticmethod(clock.iso), staticmethod(uuid4), str

    def __init__(self, url: str, size: int) -> None:
        self._url, self._size = url, size

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(self._url, min_size=self._size, max_size=self._size, reset=_keep)
        self.fetch = self.insert = self._pool.fetch

    async def close(self) -> None:
        await self._pool.close()

    async def run(self, transaction: Transaction) -> Any:
        async with self._pool.acquire() as connection, connection.transaction():
            try:
                statement, values = next(transaction)
                while True:
                    statement, values = transaction.send(await connection.fetch(statement, *values))
            except StopIteration as end:
                return end.value

    def midnight(self) -> datetime:
        return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    def stored(self, uuid: Any) -> Any:
        return uuid


async def _keep(_connection: Any) -> None:
    """Leave a connection as it is."""
