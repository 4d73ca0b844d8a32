"""The production engine: PostgreSQL through asyncpg, the whole unit of work in one hand-over."""

import asyncio
import time
from collections.abc import Callable
from secrets import SystemRandom
from typing import Generic, TypeVar, cast

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import greenlet_spawn

from core.errors import StorageUnavailable
from storage.engines import urls
from storage.engines.driver_errors import may_be_repeated, note_lost_connection, translated, was_lost
from storage.engines.engine import MOST_LARGE, Load
from storage.engines.read_connections import Readers
from storage.engines.slots import Slots
from storage.schema.encryption import Keyring, WithKeyring

Result = TypeVar("Result")
Made = TypeVar("Made")
CONNECT_SECONDS = 5
# How long a statement may take, and of that wait for a lock, before the server ends it.
STATEMENT_SECONDS, LOCK_SECONDS = 8, 4
# What this process may leave unsaid within a transaction before the server ends that: one that hangs holds locks.
IDLE_SECONDS = 10
# For a server that has stopped answering: it was to end the statement by itself before.
PATIENCE_SECONDS = 1
# Before a write is tried again: up to so many seconds, at random, as who collided would collide again.
PAUSES = (0.02, 0.1, 0.4)
_random = SystemRandom()

DRIVER = "postgresql+asyncpg_with_keyring"


class PostgresDialect(WithKeyring, PGDialect_asyncpg):
    """PostgreSQL through asyncpg, with a key ring."""

    supports_statement_cache = True


registry.register(DRIVER.replace("+", "."), __name__, PostgresDialect.__name__)


class Transaction(Generic[Result]):
    """A unit of work in a transaction, in one greenlet: `AsyncConnection` makes four, with a stack each."""

    def __init__(self, engine: Engine, work: Callable[[Connection], Result]) -> None:
        self._engine, self._work = engine, work
        self.is_committing = False

    def run(self) -> Result:
        """Return what the work returns, once it is committed."""
        with self._engine.connect() as connection:
            result = self._work(connection)
            self.is_committing = True
            connection.commit()
            return result


class PostgresEngine:
    """A pool of connections: reads in autocommit (no transaction round trips), writes in a transaction."""

    def __init__(self, url: str, keyring: Keyring, *, pool: int, stale_seconds: float) -> None:
        self._engine = create_async_engine(
            urls.parse(url).set(drivername=DRIVER),
            keyring=keyring,
            pool_size=pool,
            max_overflow=0,
            pool_timeout=CONNECT_SECONDS,
            pool_use_lifo=True,
            hide_parameters=True,  # error messages reach the log, people's data must not
            connect_args={
                "timeout": CONNECT_SECONDS,
                "command_timeout": STATEMENT_SECONDS + PATIENCE_SECONDS,
                "server_settings": _session(),
            },
        )
        event.listen(self._engine.sync_engine, "handle_error", note_lost_connection)
        self._pool = cast(QueuePool, self._engine.pool)
        self._readers = Readers(self._engine)
        # As many units of work at a time as there are connections.
        self._turns = Slots(pool)
        self._large = asyncio.Semaphore(MOST_LARGE)
        self._stale_seconds = stale_seconds
        self._writes = 0

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        with translated():
            await self._turns.acquire(CONNECT_SECONDS)
            try:
                return await self._readers.run(work)
            except (DBAPIError, OSError) as error:
                # The server dropped idle connections (a restart): the pool has forgotten them all by now, and
                # reading again is safe.
                if not was_lost(error):
                    raise
                await self._readers.let_go()
                return await self._readers.run(work)
            finally:
                self._turns.release()

    async def read_in_background(self, work: Callable[[Connection], Result]) -> Result:
        return await self.read(work)

    async def peek(self, work: Callable[[Connection], Result]) -> Result:
        return await self.read(work)

    async def read_large(self, work: Callable[[Connection], Result], make: Callable[[Result], Made]) -> Made:
        async with self._large:
            return await asyncio.to_thread(make, await self.read(work))

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        with translated():
            await self._turns.acquire(CONNECT_SECONDS)
            try:
                return await self._write_repeatedly(work)
            finally:
                self._writes += 1
                self._turns.release()

    async def _write_repeatedly(self, work: Callable[[Connection], Result]) -> Result:
        for pause in PAUSES:
            transaction = Transaction(self._engine.sync_engine, work)
            try:
                await self._readers.make_room()
                return await greenlet_spawn(transaction.run)
            except (DBAPIError, OSError, StorageUnavailable) as error:
                if was_lost(error):
                    await self._readers.let_go()
                if not may_be_repeated(error, committing=transaction.is_committing):
                    raise
            await asyncio.sleep(_random.uniform(0, pause))
        await self._readers.make_room()
        return await greenlet_spawn(Transaction(self._engine.sync_engine, work).run)

    def load(self) -> Load:
        idle = self._readers.idle()
        out = self._pool.checkedout() - idle
        return Load({"checked_out": out, "idle": self._pool.checkedin() + idle}, self._turns.waiting())

    def identity_version(self) -> object:
        """Differs after every write of this process, and after `stale_seconds`, where the operator allows any."""
        if not self._stale_seconds:
            return None
        return self._writes, time.monotonic() // self._stale_seconds

    async def close(self) -> None:
        # The pool closes only the connections that it has back.
        for _ in range(self._pool.size()):
            await self._turns.acquire()
        await self._readers.let_go()
        await self._engine.dispose()


def _session() -> dict[str, str]:
    """What PostgreSQL itself ends on our connections, in milliseconds, whatever becomes of us meanwhile."""
    limits = {
        "statement_timeout": STATEMENT_SECONDS,
        "lock_timeout": LOCK_SECONDS,
        "idle_in_transaction_session_timeout": IDLE_SECONDS,
    }
    return {name: str(round(seconds * 1000)) for name, seconds in limits.items()}
