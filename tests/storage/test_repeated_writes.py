"""A write on PostgreSQL: tried again where nothing can have come of it, never where something may have."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from core.errors import StorageUnavailable
from storage import accounts
from storage.engines import postgresql
from storage.engines.driver_errors import savepoint
from storage.schema.tables import sets as table
from tests.proxy import Proxy
from tests.service import wait_until
from tests.storage.store import Store, new_set

FAILURE = "DO $$ BEGIN RAISE 'rolled back' USING ERRCODE = '%s'; END $$"
TERMINATE = "SELECT pg_terminate_backend(pg_backend_pid())"
Trouble = Callable[[Connection], object]


class Work:
    """A unit of work that stores a set and then, the first few times, meets trouble."""

    def __init__(self, user_id: int, trouble: Trouble, times: int = 1) -> None:
        self.user_id, self.trouble, self.times = user_id, trouble, times
        self.tries = 0

    def __call__(self, connection: Connection) -> int:
        self.tries += 1
        new_set(connection, self.user_id)
        if self.tries <= self.times:
            self.trouble(connection)
        return self.tries


def says(statement: str) -> Trouble:
    """Trouble that comes of a statement."""
    return lambda connection: connection.execute(text(statement))


def in_a_savepoint(statement: str) -> Trouble:
    """The same, where a handler guards against a name that is taken."""

    def trouble(connection: Connection) -> None:
        with savepoint(connection):
            connection.execute(text(statement))

    return trouble


@pytest.fixture
def user_id(postgresql_store: Store) -> int:
    """The owner of sets."""
    return int(postgresql_store.new_account()["id"])


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(says(FAILURE % "40001"), id="not serial"),
        pytest.param(says(FAILURE % "40P01"), id="deadlock"),
        pytest.param(in_a_savepoint(FAILURE % "40P01"), id="deadlock in a savepoint"),
        pytest.param(says(TERMINATE), id="connection ended by the server"),
        pytest.param(in_a_savepoint(TERMINATE), id="connection ended in a savepoint"),
    ],
)
def test_a_write_that_cannot_have_been_stored_is_tried_again(
    postgresql_store: Store, user_id: int, trouble: Trouble
) -> None:
    work = Work(user_id, trouble)
    assert postgresql_store.write(work) == 2
    assert postgresql_store.count(table) == 1


def test_a_write_is_tried_a_few_times_and_then_refused(postgresql_store: Store, user_id: int) -> None:
    for statement in (FAILURE % "40001", TERMINATE):
        work = Work(user_id, says(statement), times=100)
        with pytest.raises(StorageUnavailable):
            postgresql_store.write(work)
        assert work.tries == len(postgresql.PAUSES) + 1
    assert postgresql_store.count(table) == 0


@pytest.mark.parametrize("state", ["53100", "57014", "40003", "40002"])
def test_a_write_that_fails_otherwise_is_not_tried_again(postgresql_store: Store, user_id: int, state: str) -> None:
    work = Work(user_id, says(FAILURE % state))
    with pytest.raises((StorageUnavailable, DBAPIError)):
        postgresql_store.write(work)
    assert work.tries == 1
    assert postgresql_store.count(table) == 0


def proxied(store: Store, proxy: Proxy) -> Store:
    """The same database by way of the proxy."""
    parts = urlsplit(store.url)
    return Store(parts._replace(netloc=f"{parts.username}@127.0.0.1:{proxy.port}").geturl(), store.runner)


@pytest.fixture
def proxy(postgresql_store: Store) -> Iterator[Proxy]:
    """A proxy in front of the database."""
    parts = urlsplit(postgresql_store.url)
    proxy = Proxy(parts.hostname or "", parts.port or 5432)
    yield proxy
    proxy.cut()


def test_a_write_without_acknowledgement_is_raised_as_unavailable_and_never_repeated(
    postgresql_store: Store, proxy: Proxy, user_id: int
) -> None:
    behind = proxied(postgresql_store, proxy)
    behind.connect()
    work = Work(user_id, lambda _: None)
    behind.read(accounts.find, user_id)
    proxy.cut_at(b"COMMIT;", passing=0, delivered=True)
    with pytest.raises(StorageUnavailable):
        behind.write(work)
    assert work.tries == 1
    behind.disconnect()
    wait_until(lambda: postgresql_store.count(table) == 1, "the commit that nobody heard of")
