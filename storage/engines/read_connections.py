"""Pool of PostgreSQL connections for reads.

Taking a connection from SQLAlchemy's pool and giving it back takes 70 µs, the query itself through asyncpg 40. The
pool stays the one that makes, counts and replaces connections, and the one that writers are served from.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import await_only

from core.errors import ApiError
from storage.engines.driver_errors import TOO_LONG
from storage.engines.statements import DIRECT, PLANS, Plans

Result = TypeVar("Result")


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
        return await connection.execution_options(**{DIRECT: partial(_fetch, await connection.get_raw_connection())})


def _fetch(raw: Any, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]] | None:
    """Run a query on asyncpg itself; where it fails SQLAlchemy asks once more, and knows the error.

    Not where that would take the same time again: the server, or we, gave it up as too long.
    """
    try:
        return await_only(raw.driver_connection.fetch(sql, *values))  # type: ignore[no-any-return]
    except TimeoutError:
        raise
    except Exception as error:
        if getattr(error, "sqlstate", None) in TOO_LONG:
            raise TimeoutError from error
        return None
