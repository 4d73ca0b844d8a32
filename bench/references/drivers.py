"""The drivers of reference (b), used directly: statements with `$1`, values as the driver reads and writes them.

`change` reads a row, and runs the statement that its function makes of the row, in one transaction. The function
returns the statement, its values and the result, or None where nothing may be changed.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any
from uuid import UUID

import asyncpg

from core import clock

Change = Callable[[Any], tuple[str, tuple[Any, ...], Any] | None]
Work = Callable[[sqlite3.Connection], Any]
PRAGMAS = [
    f"PRAGMA {name}" for name in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000")
]
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
        self._waiting: SimpleQueue[tuple[Work, asyncio.Future[Any]]] = SimpleQueue()
        self._reading = self._connect()
        Thread(target=self._write_all, args=(self._connect(),), daemon=True).start()

    async def close(self) -> None:
        self._reading.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        for pragma in PRAGMAS:
            connection.execute(pragma)
        return connection

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        return _fetch(self._reading, statement, values)

    async def insert(self, statement: str, *values: Any) -> Any:
        return await self._write(lambda connection: _fetch(connection, statement, values))

    async def change(self, read: str, key: int, change: Change) -> Any:
        def work(connection: sqlite3.Connection) -> Any:
            changed = change(_fetch(connection, read, (key,))[0])
            if changed is None:
                return None
            statement, values, result = changed
            _fetch(connection, statement, values)
            return result

        return await self._write(work)

    async def _write(self, work: Work) -> Any:
        done: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.put((work, done))
        return await done

    def _write_all(self, connection: sqlite3.Connection) -> None:
        """A failure ends the thread: requests then wait in vain, and the benchmark reports that."""
        while True:
            batch = [self._waiting.get()]
            while not self._waiting.empty() and len(batch) < MOST_TOGETHER:
                batch.append(self._waiting.get())
            connection.execute("BEGIN IMMEDIATE")
            results = [work(connection) for work, _ in batch]
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_resolve, [done for _, done in batch], results)

    def stored(self, value: Any) -> str:
        """Return a UUID or a moment as the tables have it."""
        return value.hex if isinstance(value, UUID) else f"{value:%Y-%m-%d %H:%M:%S.%f}"

    def moment(self, value: str) -> str:
        return f"{value[:10]}T{value[11:23]}Z"

    def uuid(self, value: str) -> str:
        return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"


def _fetch(connection: sqlite3.Connection, statement: str, values: tuple[Any, ...]) -> list[Any]:
    return connection.execute(statement.replace("$", "?"), values).fetchall()


def _resolve(waiting: list[asyncio.Future[Any]], results: list[Any]) -> None:
    for done, result in zip(waiting, results, strict=True):
        if not done.done():
            done.set_result(result)


class Postgresql:
    """`asyncpg`: a pool as large as ours, without the reset of returned connections, a round trip."""

    lock = " FOR UPDATE OF s"
    moment, uuid = staticmethod(clock.iso), str

    def __init__(self, url: str, size: int) -> None:
        self._url, self._size = url, size

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(self._url, min_size=self._size, max_size=self._size, reset=_keep)
        self.fetch = self.insert = self._pool.fetch

    async def close(self) -> None:
        await self._pool.close()

    async def change(self, read: str, key: int, change: Change) -> Any:
        async with self._pool.acquire() as connection, connection.transaction():
            changed = change((await connection.fetch(read, key))[0])
            if changed is None:
                return None
            statement, values, result = changed
            await connection.fetch(statement, *values)
            return result

    def stored(self, value: Any) -> Any:
        return value


async def _keep(_connection: Any) -> None:
    """Leave a connection as it is."""
