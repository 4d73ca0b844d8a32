"""`Storage`: one database, and the units of work on it, `read` and `write`.

A query is a synchronous function whose first argument is the connection. `write` runs it in a transaction that
commits when the function returns and rolls back when it raises; `read` runs it without one, `read_in_background` so
that no request waits for it. Database errors are raised as `StorageUnavailable`, `AlreadyExists` for a unique
constraint, and `ConcurrentDeletion` for a foreign key.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection

from core.errors import ConcurrentDeletion
from storage.engines import urls
from storage.engines.engine import Engine, Load
from storage.schema.encryption import Keyring
from storage.turns import Turns

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Made = TypeVar("Made")
Query = Callable[Concatenate[Connection, Arguments], Result]


class Storage:
    """The database of one application: `sqlite:///file` or `postgresql://…`. Nothing is opened before `open`."""

    def __init__(
        self,
        url: str,
        keyring: Keyring,
        *,
        pool: int = 16,
        stale_seconds: float = 0,
        check: Callable[[Connection], None] | None = None,
    ) -> None:
        """On PostgreSQL at most `pool` connections are opened, as they are needed.

        `identity_version` may be `stale_seconds` late there.
        No unit of work runs before `check`, a unit of work that writes, has returned once. Its exceptions are raised.
        """
        self._url, self._keyring, self._pool, self._stale_seconds = url, keyring, pool, stale_seconds
        self._check = check
        self._engine: Engine | None = None
        self._turns = Turns()
        self._companions: ContextVar[tuple[Companion, ...]] = ContextVar("companions", default=())

    async def open(self) -> None:
        """Make the engine. On PostgreSQL nothing is sent yet, so that a server may start before its database.

        Raises DatabaseUrlInvalid.
        """
        await self.close()
        if urls.file_of(self._url) is not None:
            from storage.engines.sqlite import SqliteEngine

            engine: Engine = SqliteEngine(self._url, self._keyring)
        else:
            from storage.engines.postgresql import PostgresEngine

            engine = PostgresEngine(self._url, self._keyring, pool=self._pool, stale_seconds=self._stale_seconds)
        if self._check is not None:
            from storage.checked_engine import CheckedEngine

            engine = CheckedEngine(engine, self._check)
        self._engine = engine

    async def close(self) -> None:
        """Finish waiting writes and close every connection."""
        if self._engine is not None:
            engine, self._engine = self._engine, None
            await engine.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def load(self) -> Load | None:
        """Connections and waiting units of work at this moment, from any thread; None while it is closed."""
        engine = self._engine
        return None if engine is None else engine.load()

    def identity_version(self) -> object:
        """Return a value that differs after every committed change of what a credential is worth, by any process.

        None where that cannot be known without asking over a network, unless it may be late (`stale_seconds`).
        """
        return self._opened().identity_version()

    async def read(
        self, query: Query[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """Run a query that only reads."""
        return await self._opened().read(lambda connection: query(connection, *args, **kwargs))

    async def peek(
        self, query: Query[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """`read_in_background`, also before the check has passed: for tables that every schema has."""
        return await self._opened().peek(lambda connection: query(connection, *args, **kwargs))

    async def read_in_background(
        self, query: Query[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """Run a query that only reads, and reads so much that no request should wait for it."""
        return await self._opened().read_in_background(lambda connection: query(connection, *args, **kwargs))

    async def read_large(
        self,
        make: Callable[[Result], Made],
        query: Query[Arguments, Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Made:
        """Run a query that may read megabytes, and return what `make` makes of its result, on another thread.

        A fixed number run at the same time; others wait, and hold nothing while they do. Reads of the same query with
        the same `args`, such as one account's list, run one after the other: one account with a hundred requests
        delays the lists of others by one of them.
        """
        async with self._turns.of((query, args)):
            return await self._opened().read_large(lambda connection: query(connection, *args, **kwargs), make)

    def is_reading_large(self, query: Query[Arguments, object], *args: object) -> bool:
        """Return whether a `read_large` of the same query with the same `args` has begun and not ended."""
        return self._turns.is_taken((query, args))

    async def write(
        self, query: Query[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """Run a query in a transaction; when this returns the change is durable.

        The query may be repeated, after a rollback: if a row that it found was removed before it referred to that,
        and on SQLite if a query fails that is committed together with it.
        """
        companions = [companion for companion in self._companions.get() if not companion.written]
        if not companions:
            return await self.write_alone(query, *args, **kwargs)

        def together(connection: Connection) -> Result:
            result = query(connection, *args, **kwargs)
            for companion in companions:
                companion.query(connection)
            return result

        result = await self._write(together)
        for companion in companions:
            companion.written = True
        return result

    async def write_alone(
        self, query: Query[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """`write` without the queries of `with_first_write`, which wait for another unit of work."""
        return await self._write(lambda connection: query(connection, *args, **kwargs))

    async def _write(self, work: Callable[[Connection], Result]) -> Result:
        try:
            return await self._opened().write(work)
        except ConcurrentDeletion:
            # The second time it finds that the row is gone, unless it was read outside of this transaction.
            return await self._opened().write(work)

    @contextmanager
    def with_first_write(self, query: Callable[[Connection], None]) -> Iterator["Companion"]:
        """Inside, the first unit of work that is written runs this query too, at its end: both are kept, or neither.

        May be nested: the same unit of work runs the inner and the outer query.
        """
        companion = Companion(query)
        outer = self._companions.get()
        token = self._companions.set((companion, *outer))
        try:
            yield companion
        finally:
            self._companions.reset(token)
            # A task that was begun inside may still be there.
            companion.written = True

    def _opened(self) -> Engine:
        if self._engine is None:
            raise RuntimeError("the storage is not open")
        return self._engine


class Companion:
    """A query to run with the next unit of work, and whether that was committed."""

    def __init__(self, query: Callable[[Connection], None]) -> None:
        self.query = query
        self.written = False
