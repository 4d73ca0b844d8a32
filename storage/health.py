"""Whether the database answers and has the schema that this code needs."""

from sqlalchemy import Connection, inspect, text


def revision(connection: Connection) -> str | None:
    """The migration that the database is at; None before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
