"""Whether the database answers and has the schema that this code needs."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

MIGRATIONS = Path(__file__).parent / "migrations" / "versions"


@cache
def newest() -> str:
    """The newest migration that this code brings, as its file is named.

    Alembic would tell it too, and take 10 MB of each worker for that.
    """
    return max(path.name for path in MIGRATIONS.glob("*.py")).partition("_")[0]


def engine(connection: Connection) -> str:
    """Return the name and the version of the database server, or of the SQLite library."""
    names = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
    version = connection.dialect.server_version_info or ()
    return f"{names[connection.dialect.name]} {'.'.join(map(str, version))}"


def revision(connection: Connection) -> str | None:
    """The migration that the database is at; None before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
