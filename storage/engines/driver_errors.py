"""Mapping of database driver errors to our exceptions; no other module knows them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, ExceptionContext
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import AlreadyExists, ConcurrentDeletion, StorageUnavailable

UNIQUE_VIOLATION, FOREIGN_KEY_VIOLATION = "23505", "23503"
# PostgreSQL's SQLSTATE classes: connection, authorization, no such database, rollback, resources, intervention,
# system.
OUTAGES = {"08", "28", "3D", "40", "53", "57", "58"}
# What had been the primary is a replica now; a lock was waited for in vain; a transaction was idle for too long.
READ_ONLY, LOCK_NOT_AVAILABLE, IDLE_TOO_LONG = "25006", "55P03", "25P03"
OUTAGE_STATES = {READ_ONLY, LOCK_NOT_AVAILABLE, IDLE_TOO_LONG}
INSUFFICIENT_PRIVILEGE = "42501"
# The server ended a statement that took, or waited for a lock, too long.
TOO_LONG = {LOCK_NOT_AVAILABLE, "57014"}
# The server rolled the transaction back for the sake of another one: it failed to be serial, it was in a deadlock.
ROLLED_BACK = {"40001", "40P01"}
# The server closes the connection: at its shutdown, after a crash, or when the connection is idle for too long.
CONNECTION_ENDED = {"57P01", "57P02", "57P05", IDLE_TOO_LONG}
# How the driver tells of some of these.
LOST = (ConnectionResetError, BrokenPipeError)


@contextmanager
def translated() -> Iterator[None]:
    """Raise AlreadyExists, ConcurrentDeletion or StorageUnavailable in place of what the driver raises.

    A programming error (a wrong statement, a missing column) is not an outage: its exception is not translated.
    """
    try:
        yield
    except IntegrityError as error:
        if _is_unique_violation(error):
            raise AlreadyExists(str(error.orig)) from error
        if _is_foreign_key_violation(error):
            raise ConcurrentDeletion("The parent record was deleted at the same time.") from error
        raise
    except (PoolTimeout, OSError) as error:
        raise StorageUnavailable("The database does not respond.") from error
    except DBAPIError as error:
        if is_outage(error):
            raise StorageUnavailable("The database does not respond.") from error
        raise


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Undo alone what fails inside; raises AlreadyExists where a unique constraint spoke."""
    with translated(), connection.begin_nested():
        yield


@contextmanager
def privileges(missing: Callable[[], Exception]) -> Iterator[None]:
    """Raise the exception of `missing` if the role of the connection lacks a privilege for the block."""
    try:
        yield
    except DBAPIError as error:
        if _state(error) == INSUFFICIENT_PRIVILEGE:
            raise missing() from error
        raise


def _is_unique_violation(error: IntegrityError) -> bool:
    return _state(error) == UNIQUE_VIOLATION or "UNIQUE constraint" in str(error.orig)


def _is_foreign_key_violation(error: IntegrityError) -> bool:
    return _state(error) == FOREIGN_KEY_VIOLATION or "FOREIGN KEY" in str(error.orig)


def is_outage(error: DBAPIError) -> bool:
    """Whether the database could not be reached or could not take the work, as against a wrong statement.

    SQLite: busy, full, unreadable, I/O errors all come as OperationalError without an SQLSTATE.
    """
    state = _state(error)
    if error.connection_invalidated or state in OUTAGE_STATES or (state and state[:2] in OUTAGES):
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


def is_of_schema(error: Exception) -> bool:
    """Return whether the statement fails whatever its values are: schema, privileges or connection are wrong.

    A missing table is a ProgrammingError on PostgreSQL and an OperationalError on SQLite. Neither driver reports a
    wrong value with one of these.
    """
    return isinstance(error, InterfaceError | OperationalError | ProgrammingError)


def may_be_repeated(error: BaseException, *, committing: bool) -> bool:
    """Return whether a transaction with this error was certainly rolled back, and a retry may succeed.

    A transaction whose connection was lost while it was `committing` may be stored or not, so it is not repeated.
    """
    reason = error.__cause__ if isinstance(error, StorageUnavailable) else error
    if was_lost(reason):
        return not committing
    return isinstance(reason, DBAPIError) and _state(reason) in ROLLED_BACK


def was_lost(error: BaseException | None) -> bool:
    """Whether the connection was lost while it was used; the pool has forgotten all that it held before."""
    return isinstance(error, LOST) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def note_lost_connection(context: ExceptionContext) -> None:
    """Tell SQLAlchemy of ends that it does not see as such: its pool is to forget what it held before."""
    error = context.original_exception
    if isinstance(error, LOST) or getattr(error, "sqlstate", None) in CONNECTION_ENDED:
        context.is_disconnect = True


def _state(error: DBAPIError) -> str | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state
