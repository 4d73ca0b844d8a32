"""Pool of PostgreSQL connections for reads.

Taking a connection from SQLAlchemy's pool and giving it back takes 70 µs, the query itself through asyncpg 40. The
pool stays the one that makes, counts and replaces connections, and the one that writers are served from. Statements
are prepared once for each connection: asyncpg's `Connection.fetch` looks for them each time, and takes 22 % of the
time of a request that reads a set; they take 13 %.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import await_only

from core.errors import ApiError
from storage.engines.driver_errors import TOO_LONG
from storage.engines.statements import DIRECT, PLANS, Plans

Result = TypeVar("Result")
# In the `info` of a pooled connection.
PREPARED = "prepared"


class Readers:
    """Connections in autocommit (no transaction round trips), of the engine's pool.

    There are never more units of work at a time than the pool has connections: its user sees to that.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT", **{PLANS: Plans()})
        self._pool = cast(QueuePool, engine.pool)
        self._idle: list[AsyncConnection] = []

    async def run(self, work: Callable[[Connection], Result]) -> Result:
        """What the work returns; a connection that failed goes back to the pool, which looks into it."""
        connection = self._idle.pop() if self._idle else await self._open()
        try:
            result = await connection.run_sync(work)
        except ApiError:
            self._idle.append(connection)
            raise
        except BaseException:
            # Shielded: if a cancelled task stopped in the middle of it, the pool would never get the connection back.
            await asyncio.shield(asyncio.create_task(connection.close()))
            raise
        self._idle.append(connection)
        return result

    async def make_room(self) -> None:
        """Return an idle connection to the pool if all its connections are in use."""
        if self._idle and self._pool.checkedout() >= self._pool.size():
            await self._idle.pop().close()

    async def let_go(self) -> None:
        """Return all idle connections to the pool."""
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close()

    def idle(self) -> int:
        """Return the number of idle connections."""
        return len(self._idle)

    async def _open(self) -> AsyncConnection:
        connection = await self._engine.connect()
        raw = await connection.get_raw_connection()
        if PREPARED not in raw.info:
            # The pool keeps it with the connection, which writers and readers of a busy server take in turn.
            raw.info[PREPARED] = _Prepared(raw.driver_connection)
        return await connection.execution_options(**{DIRECT: raw.info[PREPARED]})


class _Prepared:
    """Runs queries on asyncpg itself, each prepared once. Where one fails SQLAlchemy repeats it, and knows the error.

    Not where that would take the same time again: the server, or we, gave it up as too long.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._statements: dict[str, Any] = {}

    def __call__(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]] | None:
        try:
            statement = self._statements.get(sql)
            if statement is None:
                statement = self._statements[sql] = await_only(self._connection.prepare(sql))
            return await_only(statement.fetch(*values))  # type: ignore[no-any-return]
        except TimeoutError:
            raise
        except Exception as error:
            # It may be invalid since a migration.
            self._statements.pop(sql, None)
            if getattr(error, "sqlstate", None) in TOO_LONG:
                raise TimeoutError from error
            return None
