"""Whether the database answers, has a schema that this code can serve, and was written with our secrets."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, bindparam, func, inspect, select, text

from core.errors import StorageUnavailable
from storage import canaries
from storage.engines import diagnosis
from storage.schema.installation import schema_revisions

_newer = schema_revisions.c.revision > bindparam("newest")
_oldest_code = select(func.max(schema_revisions.c.oldest_code)).where(_newer)
MIGRATIONS = Path(__file__).parent / "schema" / "migrations" / "versions"


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


def is_newer(connection: Connection) -> bool:
    """Return whether the database has a migration that this code does not have."""
    found = revision(connection)
    return found is not None and found > newest()


def can_serve(connection: Connection) -> bool:
    """Return whether this code can run on the schema of a database that is newer."""
    oldest: str | None = connection.execute(_oldest_code, {"newest": newest()}).scalar()
    return oldest is not None and oldest <= newest()


def require_schema(connection: Connection) -> None:
    """Raise StorageUnavailable unless the schema is the one of this code, or a newer one on which it can run."""
    if is_newer(connection):
        if not can_serve(connection):
            raise StorageUnavailable("The database is too new for this version.", cause="migrations")
    elif revision(connection) != newest():
        raise StorageUnavailable(diagnosis.WAITS, cause="migrations")


def require_ready(connection: Connection) -> None:
    """Raise StorageUnavailable unless the schema and the secrets are those of this server."""
    require_schema(connection)
    with canaries.hidden_from_clients():
        canaries.check(connection)
