"""The production engine: PostgreSQL through asyncpg, the whole unit of work in one hand-over."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from secrets import SystemRandom
from typing import TypeVar, cast

from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool

from errors import StorageUnavailable
from storage import Load
from storage.encryption import Keyring
from storage.faults import may_be_repeated, note_lost_connection, translated, was_lost

Result = TypeVar("Result")
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


class PostgresEngine:
    """A pool of connections: reads in autocommit (no transaction round trips), writes in a transaction."""

    def __init__(self, url: str, keyring: Keyring, *, pool: int) -> None:
        self._engine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
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
        self._engine.dialect.keyring = keyring  # type: ignore[attr-defined]
        self._pool = cast(QueuePool, self._engine.pool)
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._running = 0
        self._idle = asyncio.Event()

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        with self._unit(), translated():
            try:
                return await self._read_once(work)
            except (DBAPIError, OSError) as error:
                # The server dropped idle connections (a restart): the pool has forgotten them all by now, and
                # reading again is safe.
                if not was_lost(error):
                    raise
                return await self._read_once(work)

    async def read_aside(self, work: Callable[[Connection], Result]) -> Result:
        return await self.read(work)

    async def _read_once(self, work: Callable[[Connection], Result]) -> Result:
        async with self._reading.connect() as connection:
            return await connection.run_sync(work)

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        with self._unit(), translated():
            for pause in PAUSES:
                committing = False
                try:
                    async with self._engine.connect() as connection:
                        result = await connection.run_sync(work)
                        committing = True
                        await connection.commit()
                        return result
                except (DBAPIError, OSError, StorageUnavailable) as error:
                    if not may_be_repeated(error, committing=committing):
                        raise
                await asyncio.sleep(_random.uniform(0, pause))
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)

    @contextmanager
    def _unit(self) -> Iterator[None]:
        """Count the units of work that are going on: the pool closes only the connections that it has back."""
        self._running += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._running -= 1
            if self._running == 0:
                self._idle.set()

    def load(self) -> Load:
        out = self._pool.checkedout()
        return Load({"checked_out": out, "idle": self._pool.checkedin()}, max(0, self._running - out))

    async def close(self) -> None:
        if self._running:
            await self._idle.wait()
        await self._engine.dispose()


def _session() -> dict[str, str]:
    """What PostgreSQL itself ends on our connections, in milliseconds, whatever becomes of us meanwhile."""
    limits = {
        "statement_timeout": STATEMENT_SECONDS,
        "lock_timeout": LOCK_SECONDS,
        "idle_in_transaction_session_timeout": IDLE_SECONDS,
    }
    return {name: str(round(seconds * 1000)) for name, seconds in limits.items()}
