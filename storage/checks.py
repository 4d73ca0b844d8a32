"""Queries for `python cli.py check`; none of them changes anything."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, false, func, select, text

from storage.schema.tables import mails


class Server(NamedTuple):
    """The engine with its version, and how many connections it allows in all; None where that is no question."""

    name: str
    most_connections: int | None


def describe(connection: Connection) -> Server:
    """Return what the database is."""
    if connection.dialect.name == "sqlite":
        return Server(f"SQLite {connection.execute(select(func.sqlite_version())).scalar_one()}", None)
    version = connection.execute(text("SHOW server_version")).scalar_one().split()[0]
    return Server(f"PostgreSQL {version}", int(connection.execute(text("SHOW max_connections")).scalar_one()))


def seconds(connection: Connection) -> float:
    """Return the clock of PostgreSQL in seconds since the epoch."""
    return float(connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())


def write(connection: Connection) -> None:
    """Write nothing, which needs the same privileges and locks as writing something."""
    connection.execute(delete(mails).where(false()))
