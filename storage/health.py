"""Whether the database answers, has a schema that this code can serve, and was written with our secrets."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from errors import StorageUnavailable
from storage import canaries

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


def require_schema(connection: Connection) -> None:
    """Raise StorageUnavailable unless the schema is one that this code can serve."""
    if revision(connection) != newest():
        raise StorageUnavailable("The database waits for its migrations.", cause="migrations")


def require_ready(connection: Connection) -> None:
    """Raise StorageUnavailable unless the schema and the secrets are those of this server."""
    require_schema(connection)
    with canaries.told_to_clients():
        canaries.check(connection)
