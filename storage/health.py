"""Whether the database answers and has the schema that this code needs."""

from sqlalchemy import Connection, text


def revision(connection: Connection) -> str | None:
    """The migration that the database is at."""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
