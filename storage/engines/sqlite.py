"""The embedded default: one SQLite file in WAL mode with durable commits.

Reads run where they are called, on the event loop: a look-up by index takes tens of microseconds and, in WAL mode,
never waits for a lock. Writes queue for one thread, which commits all waiting ones in one transaction and reports
success after the commit. If one fails, all are rolled back and run again with a savepoint each, so that only the
failing one is undone.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from operator import attrgetter
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, create_engine, event, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from core.errors import ApiError, StorageUnavailable
from storage.engines import urls
from storage.engines.driver_errors import translated
from storage.engines.engine import MOST_LARGE, Load
from storage.engines.statements import DIRECT, PLANS, Plans
from storage.schema.encryption import Keyring, WithKeyring

Result = TypeVar("Result")
Made = TypeVar("Made")
Work = Callable[[Connection], Any]
MOST_TOGETHER = 64
# Connections kept for reads on other threads.
MOST_SPARE = 2
_IDENTITY_VERSION = "SELECT version FROM identity_version"

DRIVER = "sqlite+pysqlite_with_keyring"


class SqliteDialect(WithKeyring, SQLiteDialect_pysqlite):
    """SQLite with a key ring."""

    supports_statement_cache = True


registry.register(DRIVER.replace("+", "."), __name__, SqliteDialect.__name__)


class SqliteEngine:
    """Reads on the caller's thread, writes on one thread of its own."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        urls.make_folder(url)
        self._engine = create_engine(
            make_url(url).set(drivername=DRIVER),
            keyring=keyring,
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"check_same_thread": False},
        )
        self._plans: Plans = {}
        event.listen(self._engine, "connect", _prepare)
        self._large = ThreadPoolExecutor(MOST_LARGE, "large-read")
        self._reader: Connection | None = None
        # Open connections for reads on other threads; appending to a list and popping from it are atomic.
        self._spare: list[Connection] = []
        # The version of the identities in this turn of the event loop, the last one that was read, and when it was.
        self._version: object = None
        self._identities: object = None
        self._committed: object = None
        self._writing: Connection | None = None
        # The jobs of this turn of the event loop, and those of earlier turns that the writer has not taken.
        self._gathered: list[_Job] = []
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._writer = Thread(target=self._write_all, name="sqlite-writer", daemon=True)
        self._writer.start()

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        try:
            if self._reader is None:
                self._reader = self._open()
            return work(self._reader)
        except ApiError:
            raise
        except Exception:
            # A new connection finds a file or disk well again that was in trouble, and leaves behind a cursor
            # that is still open, which would hold this one in the past.
            _close(self._reader)
            self._reader = None
            with translated():
                raise

    async def read_in_background(self, work: Callable[[Connection], Result]) -> Result:
        with translated():
            return await asyncio.to_thread(self._read_alone, work)

    async def peek(self, work: Callable[[Connection], Result]) -> Result:
        return await self.read_in_background(work)

    async def read_large(self, work: Callable[[Connection], Result], make: Callable[[Result], Made]) -> Made:
        with translated():
            return await asyncio.get_running_loop().run_in_executor(self._large, lambda: make(self._read_alone(work)))

    def _read_alone(self, work: Callable[[Connection], Result]) -> Result:
        """Run the query on a connection that no other thread uses meanwhile."""
        try:
            connection = self._spare.pop()
        except IndexError:
            connection = self._open()
        try:
            result = work(connection)
        except BaseException:
            _close(connection)
            raise
        # Opening a connection takes as long as reading a hundred records.
        if len(self._spare) < MOST_SPARE:
            self._spare.append(connection)
        else:
            _close(connection)
        return result

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        job = _Job(work)
        if not self._gathered:
            job.loop.call_soon(self._hand_over)
        self._gathered.append(job)
        result: Result = await job.future
        return result

    def _hand_over(self) -> None:
        """Give the writer all jobs of a turn of the event loop at once: it would wake for the first one alone."""
        gathered, self._gathered = self._gathered, []
        for job in gathered:
            self._queue.put(job)

    def load(self) -> Load:
        return Load({}, len(self._gathered) + self._queue.qsize())

    def identity_version(self) -> object:
        """Return the version of the identities, which triggers raise (migration 0016), whichever process writes.

        None if it is not there: then nothing may be cached.

        It is read once for all requests that one turn of the event loop has received: a later commit happens after
        these requests were sent. While there is no commit, a read costs one pragma (4 µs).
        """
        if self._version is None and self._reader is not None:
            try:
                self._version = self._read_identity_version(self._reader)
            except SQLAlchemyError:
                # The next read reports it.
                return None
            # Before anything that the next turn receives.
            asyncio.get_running_loop().call_soon(self._forget_version)
        return self._version

    def _read_identity_version(self, reader: Connection) -> object:
        # First the pragma: a commit after it is found by the next one. It counts commits of other connections, and
        # only values of the same connection can be compared.
        committed = reader, _say(reader, "PRAGMA data_version")
        if committed != self._committed:
            rows = _say(reader, _IDENTITY_VERSION)
            self._identities = (reader, *rows[0]) if rows else None
            self._committed = committed
        return self._identities

    def _forget_version(self) -> None:
        self._version = None

    async def close(self) -> None:
        self._hand_over()
        self._queue.put(None)
        await asyncio.to_thread(self._writer.join)
        self._large.shutdown(wait=False)
        for connection in (self._reader, *self._spare):
            _close(connection)
        self._engine.dispose()

    def _open(self) -> Connection:
        """A connection in which only what we say begins and ends a transaction."""
        connection = self._engine.connect()
        direct = partial(_fetch, connection.connection.dbapi_connection, connection.dialect)
        return connection.execution_options(isolation_level="AUTOCOMMIT", **{DIRECT: direct, PLANS: self._plans})

    def _write_all(self) -> None:
        """The writer thread: run all queued jobs in one transaction, settle their futures, and end at a None."""
        ending = False
        while not ending:
            taken = self._take()
            ending = None in taken
            jobs = [job for job in taken if job is not None]
            try:
                with translated():
                    self._commit_together(jobs)
            except BaseException as failure:
                # This thread survives every exception, because there is no other writer. Closing rolls back.
                for job in jobs:
                    job.error = failure
                _close(self._writing)
                self._writing = None
            for loop, settled in groupby(jobs, key=attrgetter("loop")):
                with contextlib.suppress(RuntimeError):  # the loop is closed, and no caller waits
                    loop.call_soon_threadsafe(_settle, list(settled))
        _close(self._writing)

    def _take(self) -> list["_Job | None"]:
        taken = [self._queue.get()]
        while not self._queue.empty() and len(taken) < MOST_TOGETHER:
            taken.append(self._queue.get())
        return taken

    def _commit_together(self, jobs: list["_Job"]) -> None:
        """Run the jobs in one transaction. A job that fails is rolled back alone."""
        if self._writing is None:
            self._writing = self._open()
        _say(self._writing, "BEGIN IMMEDIATE")
        try:
            # Nearly always all succeed. A savepoint for each costs a tenth of the time of a small write.
            for job in jobs:
                job.outcome = job.work(self._writing)
        except Exception:
            _say(self._writing, "ROLLBACK")
            _say(self._writing, "BEGIN IMMEDIATE")
            for job in jobs:
                job.run_in_savepoint(self._writing)
        _say(self._writing, "COMMIT")


class _Job:
    """One unit of work, and the future that its caller awaits."""

    __slots__ = ("error", "future", "loop", "outcome", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.outcome: Any = None
        self.error: BaseException | None = None

    def run_in_savepoint(self, connection: Connection) -> None:
        """Do the work inside a savepoint; a failure is kept for its caller and undone alone."""
        _say(connection, "SAVEPOINT job")
        try:
            with translated():
                self.outcome = self.work(connection)
        except StorageUnavailable:
            # The whole transaction is in doubt (a full disk ends it): no job of it is committed.
            raise
        except Exception as error:
            # A future takes no StopIteration, as no coroutine lets one out.
            self.error = RuntimeError(repr(error)) if isinstance(error, StopIteration) else error
            _say(connection, "ROLLBACK TO job")
        _say(connection, "RELEASE job")


def _settle(jobs: list[_Job]) -> None:
    """Hand each waiting caller, on its own loop, the outcome of its job."""
    for job in jobs:
        if job.future.done():  # the caller went away meanwhile
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.outcome)


def _fetch(driver: Any, dialect: Dialect, sql: str, values: Sequence[Any] = ()) -> Sequence[Sequence[Any]]:
    """Run SQL on the driver itself; its errors become SQLAlchemy's."""
    try:
        return driver.execute(sql, values).fetchall()  # type: ignore[no-any-return]
    except sqlite3.Error as error:
        raise DBAPIError.instance(sql, None, error, sqlite3.Error, dialect=dialect) from error


def _say(connection: Connection, sql: str) -> Sequence[Sequence[Any]]:
    """Run SQL without values in the same way."""
    return connection.get_execution_options()[DIRECT](sql)  # type: ignore[no-any-return]


def _close(connection: Connection | None) -> None:
    """Close the connection, however broken it is."""
    if connection is not None:
        with contextlib.suppress(SQLAlchemyError):
            connection.close()


def _prepare(connection: Any, _record: Any) -> None:
    """Each connection: our own transactions, WAL, durable commits, foreign keys, five seconds' patience."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")
