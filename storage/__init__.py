"""The database: `connect`, and the units of work, `read` and `write`.

A query is a synchronous function whose first argument is the connection. `write` runs it in a transaction that
commits when the function returns and rolls back when it raises; `read` runs it without one, `read_aside` so that no
request waits for it. Database errors leave as facts: `StorageUnavailable`, `AlreadyExists` where a unique constraint
spoke, `Overtaken` where a foreign key did.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from core.errors import Overtaken
from storage.engines import urls
from storage.engines.engine import Engine, Load
from storage.schema.encryption import Keyring

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Made = TypeVar("Made")
_engine: Engine | None = None


async def connect(
    url: str,
    keyring: Keyring,
    *,
    pool: int = 16,
    stale_seconds: float = 0,
    guard: Callable[[Connection], None] | None = None,
) -> None:
    """Open the database that `read` and `write` use: `sqlite:///file` or `postgresql://…`.

    Raises DatabaseUrlInvalid for any other address. On PostgreSQL nothing is sent yet: `pool` connections at most are
    opened as they are needed, so that a server may start before its database; `identity_version` may be
    `stale_seconds` late. No unit of work runs before `guard`, a unit of work that writes, has returned once; what it
    raises is raised.
    """
    global _engine
    await disconnect()
    if urls.file_of(url) is not None:
        from storage.engines.sqlite import SqliteEngine

        _engine = SqliteEngine(url, keyring)
    else:
        from storage.engines.postgresql import PostgresEngine

        _engine = PostgresEngine(url, keyring, pool=pool, stale_seconds=stale_seconds)
    if guard is not None:
        from storage.guarded import Guarded

        _engine = Guarded(_engine, guard)


async def disconnect() -> None:
    """Finish waiting writes and close every connection."""
    global _engine
    if _engine is not None:
        engine, _engine = _engine, None
        await engine.close()


def load() -> Load | None:
    """What the database's engine has in hand at this moment, from any thread; None while there is none."""
    engine = _engine
    return None if engine is None else engine.load()


def identity_version() -> object:
    """Return a value that differs after every committed change of what a credential is worth, by whichever process.

    None where that cannot be known without asking over a network, unless an answer may be late (see `connect`).
    """
    return _connected().identity_version()


async def read(
    query: Callable[Concatenate[Connection, Arguments], Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """Run a query that only reads."""
    return await _connected().read(lambda connection: query(connection, *args, **kwargs))


async def peek(
    query: Callable[Concatenate[Connection, Arguments], Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """`read_aside`, also before the guard of `connect` has returned: for what every schema has."""
    return await _connected().peek(lambda connection: query(connection, *args, **kwargs))


async def read_aside(
    query: Callable[Concatenate[Connection, Arguments], Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """Run a query that only reads, and reads so much that no request should wait for it."""
    return await _connected().read_aside(lambda connection: query(connection, *args, **kwargs))


async def read_large(
    make: Callable[[Result], Made],
    query: Callable[Concatenate[Connection, Arguments], Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Made:
    """Run a query that may read megabytes, and return what `make` makes of its result, on another thread.

    MOST_LARGE run at the same time; others wait, and hold nothing while they do.
    """
    return await _connected().read_large(lambda connection: query(connection, *args, **kwargs), make)


async def write(
    query: Callable[Concatenate[Connection, Arguments], Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """Run a query in a transaction; when this returns the change is durable.

    The query may be repeated, after a rollback: if a row that it found was removed before it referred to that.
    """
    companions = [companion for companion in _companions.get() if not companion.written]
    if not companions:
        return await write_alone(query, *args, **kwargs)

    def together(connection: Connection) -> Result:
        result = query(connection, *args, **kwargs)
        for companion in companions:
            companion.query(connection)
        return result

    result = await _write(together)
    for companion in companions:
        companion.written = True
    return result


async def write_alone(
    query: Callable[Concatenate[Connection, Arguments], Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """`write` without the queries of `with_first_write`, which wait for another unit of work."""
    return await _write(lambda connection: query(connection, *args, **kwargs))


async def _write(work: Callable[[Connection], Result]) -> Result:
    try:
        return await _connected().write(work)
    except Overtaken:
        # The second time it finds that the row is gone, unless it was read outside of this transaction.
        return await _connected().write(work)


@contextmanager
def with_first_write(query: Callable[[Connection], None]) -> Iterator["Companion"]:
    """Inside, the first unit of work that is written runs this query too, at its end: both are kept, or neither.

    May be nested: the same unit of work runs the inner and the outer query.
    """
    companion = Companion(query)
    outer = _companions.get()
    token = _companions.set((companion, *outer))
    try:
        yield companion
    finally:
        _companions.reset(token)
        # A task that was begun inside may still be there.
        companion.written = True


class Companion:
    """A query to run with the next unit of work, and whether that was committed."""

    def __init__(self, query: Callable[[Connection], None]) -> None:
        self.query = query
        self.written = False


_companions: ContextVar[tuple[Companion, ...]] = ContextVar("companions", default=())


def _connected() -> Engine:
    if _engine is None:
        raise RuntimeError("storage.connect has not been called")
    return _engine
