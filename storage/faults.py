"""From the database driver's errors to our facts; the only place that knows them."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from errors import AlreadyExists, Overtaken, StorageUnavailable

UNIQUE_VIOLATION, FOREIGN_KEY_VIOLATION = "23505", "23503"
# PostgreSQL's SQLSTATE classes: connection, authorization, no such database, rollback, resources, intervention,
# system.
OUTAGES = {"08", "28", "3D", "40", "53", "57", "58"}
# What had been the primary is a replica now.
READ_ONLY = "25006"


@contextmanager
def translated() -> Iterator[None]:
    """Raise AlreadyExists, Overtaken or StorageUnavailable in place of what the driver raises.

    What is our own mistake (a wrong statement, a missing column) is not an outage and passes as it is.
    """
    try:
        yield
    except IntegrityError as error:
        if _is_unique_violation(error):
            raise AlreadyExists(str(error.orig)) from error
        if _is_foreign_key_violation(error):
            raise Overtaken("What this belongs to was removed at this moment.") from error
        raise
    except (PoolTimeout, OSError) as error:
        raise StorageUnavailable("The database does not answer.") from error
    except DBAPIError as error:
        if is_outage(error):
            raise StorageUnavailable("The database does not answer.") from error
        raise


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Undo alone what fails inside; raises AlreadyExists where a unique constraint spoke."""
    with translated(), connection.begin_nested():
        yield


def _is_unique_violation(error: IntegrityError) -> bool:
    return getattr(error.orig, "sqlstate", None) == UNIQUE_VIOLATION or "UNIQUE constraint" in str(error.orig)


def _is_foreign_key_violation(error: IntegrityError) -> bool:
    return getattr(error.orig, "sqlstate", None) == FOREIGN_KEY_VIOLATION or "FOREIGN KEY" in str(error.orig)


def is_outage(error: DBAPIError) -> bool:
    """Whether the database could not be reached or could not take the work, as against a wrong statement.

    SQLite: busy, full, unreadable, I/O errors all come as OperationalError without an SQLSTATE.
    """
    state = getattr(error.orig, "sqlstate", None)
    if error.connection_invalidated or state == READ_ONLY or (state and state[:2] in OUTAGES):
        return True
    text = str(error.orig)
    signs = (
        "locked",
        "disk is full",
        "disk I/O",
        "unable to open",
        "readonly",
        "malformed",
        "not a database",
        "no such savepoint",  # an error such as a full disk made SQLite end the transaction
    )
    return state is None and any(sign in text for sign in signs)
