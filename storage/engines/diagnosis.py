"""Explaining for the operator why the database cannot be used, without passwords and without stored data."""

import socket
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import StorageUnavailable

WAITS = "The database waits for its migrations."
MIGRATE = "the database waits for its migrations: run `python cli.py migrate`"
# By PostgreSQL's SQLSTATE.
SENTENCES = {
    "28P01": "the database rejects the password",
    "28000": "the database rejects this user, from this address or without TLS (see pg_hba.conf)",
    "3D000": "there is no database of this name on the server",
    "42501": 'the user lacks a privilege: see "Roles and timeouts" in docs/postgresql.md',
    "42P01": MIGRATE,
    "42703": MIGRATE,
    "53300": 'the database has no free connection: see "Connections" in docs/postgresql.md',
    "53100": "the disk of the database is full",
    "25006": "the database is read-only",
    "57P03": "the database is starting or stopping",
}


# What `explain` knows, and `storage` or a driver raises.
ERRORS = (StorageUnavailable, DBAPIError)


def explain(error: BaseException) -> str:
    """Return the reason of an error of `storage` or of a database driver, as a clause without a full stop."""
    chain = list(_causes(error))
    for cause in chain:
        if (sentence := _sentence(cause)) is not None:
            return sentence
    if isinstance(last := chain[-1], StorageUnavailable):
        return MIGRATE if last.detail == WAITS else last.detail.rstrip(".")
    return f"the database does not answer ({type(chain[-1]).__name__})"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.orig if isinstance(error, DBAPIError) else error.__cause__


def _sentence(error: BaseException) -> str | None:
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return SENTENCES.get(state, f"the database reports SQLSTATE {state}")
    if isinstance(error, socket.gaierror):
        return "the name of the host cannot be resolved"
    if isinstance(error, TimeoutError | PoolTimeout):
        return "the database does not answer in time"
    if isinstance(error, OSError):
        return f"the server cannot be reached: {error.strerror or type(error).__name__}"
    if type(error).__module__ == "sqlite3":
        # SQLite's own words name tables and columns, never values.
        return f"SQLite: {error}"
    return None
