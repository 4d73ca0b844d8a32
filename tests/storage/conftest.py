"""Storage in this process, on a migrated database without rows, once on SQLite and once on PostgreSQL."""

import asyncio
from collections.abc import Iterator

import pytest

from storage import migrate
from tests.databases import fresh_postgres
from tests.storage.store import Store


@pytest.fixture(scope="session")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated SQLite file."""
    url = f"sqlite:///{tmp_path_factory.mktemp('storage') / 'test.db'}"
    migrate.upgrade(url)
    return url


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A migrated PostgreSQL database."""
    with fresh_postgres() as url:
        migrate.upgrade(url)
        yield url


@pytest.fixture(params=("sqlite", "postgresql"))
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Storage; every test that asks for it runs on both engines."""
    yield from _connected(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """Storage on SQLite, for what only SQLite can do."""
    yield from _connected(sqlite_url)


@pytest.fixture
def postgresql_store(postgresql_url: str) -> Iterator[Store]:
    """Storage on PostgreSQL, for what only PostgreSQL can do."""
    yield from _connected(postgresql_url)


def _connected(url: str) -> Iterator[Store]:
    with asyncio.Runner() as runner:
        store = Store(url, runner)
        store.connect()
        store.clear()
        yield store
        store.disconnect()
