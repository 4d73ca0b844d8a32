"""Changing a running server's database behind its back: what no request could do, or not yet."""

import asyncio
import json
from typing import Any

from sqlalchemy import Connection, Executable, create_engine, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from settings import parse_keys
from storage.engines import postgresql, sqlite
from storage.schema.encryption import Keyring
from storage.schema.tables import accounts
from tests.service import Service


def change_account(service: Service, user_id: int, **columns: Any) -> None:
    """Set columns of an account."""
    execute(service, update(accounts).where(accounts.c.id == user_id).values(**columns))


def password_hash(service: Service, user_id: int) -> str:
    """The password as it is stored."""
    rows = execute(service, select(accounts.c.password).where(accounts.c.id == user_id))
    return str(rows[0][0])


def execute(service: Service, statement: Executable) -> list[Any]:
    """Run one statement; the rows, if it has any."""
    url = make_url(service.database_url)
    if url.get_backend_name() != "sqlite":
        return asyncio.run(_on_postgres(url.set(drivername=postgresql.DRIVER), statement, _keyring(service)))
    url, keyring = url.set(drivername=sqlite.DRIVER), _keyring(service)
    engine = create_engine(url, keyring=keyring, poolclass=NullPool, connect_args={"timeout": 10})
    with engine.begin() as connection:
        return _rows(connection, statement)


async def _on_postgres(url: Any, statement: Executable, keyring: Keyring) -> list[Any]:
    engine = create_async_engine(url, keyring=keyring, poolclass=NullPool)
    async with engine.begin() as connection:
        return await connection.run_sync(_rows, statement)


def _keyring(service: Service) -> Keyring:
    given = service.environment.get("FREESEWING_ENCRYPTION_KEYS")
    return Keyring(parse_keys(given or json.loads((service.data / "secrets.json").read_text())["encryption_keys"]))


def _rows(connection: Connection, statement: Executable) -> list[Any]:
    result = connection.execute(statement)
    return list(result) if result.returns_rows else []
