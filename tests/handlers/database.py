"""Changing a running server's database behind its back: what no request could do, or not yet."""

import asyncio
from typing import Any

from sqlalchemy import Connection, Executable, create_engine, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from storage.tables import accounts
from tests.service import Service


def change_account(service: Service, user_id: int, **columns: Any) -> None:
    """Set columns of an account; not those that are encrypted."""
    execute(service, update(accounts).where(accounts.c.id == user_id).values(**columns))


def password_hash(service: Service, user_id: int) -> str:
    """The password as it is stored."""
    rows = execute(service, select(accounts.c.password).where(accounts.c.id == user_id))
    return str(rows[0][0])


def execute(service: Service, statement: Executable) -> list[Any]:
    """Run one statement; the rows, if it has any."""
    url = make_url(service.database_url)
    if url.get_backend_name() != "sqlite":
        return asyncio.run(_on_postgres(url.set(drivername="postgresql+asyncpg"), statement))
    with create_engine(url, poolclass=NullPool, connect_args={"timeout": 10}).begin() as connection:
        return _rows(connection, statement)


async def _on_postgres(url: Any, statement: Executable) -> list[Any]:
    async with create_async_engine(url, poolclass=NullPool).begin() as connection:
        return await connection.run_sync(_rows, statement)


def _rows(connection: Connection, statement: Executable) -> list[Any]:
    result = connection.execute(statement)
    return list(result) if result.returns_rows else []
