"""The generator of large databases: what it makes is what the server would have made."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

import settings as configuration
from bench.growth import fill, numbered
from services import container
from services.auth import api_secrets
from settings import Settings
from storage import accounts, apikeys, migrate, security_log, sets, statistics, usage_reports
from tests.databases import fresh_postgres
from tests.storage.store import NOW, Store

ACCOUNTS = 40
_DEFINED = """
    SELECT conrelid::regclass::text AS of, conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2, 3
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Of a database that was filled."""
    with fresh_postgres() as url:
        made = configuration.make_secrets(
            configuration.load(data_dir=tmp_path_factory.mktemp("growth"), database_url=url)
        )
        fill.fill(made, ACCOUNTS, processes=1)
        yield made


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """Storage on it, under the keys that it was encrypted with."""
    with asyncio.Runner() as runner:
        found = Store(settings.database_url, runner)
        found.connect(configuration.parse_keys(settings.encryption_keys))
        yield found
        found.disconnect()


def test_every_account_has_its_keys_and_sets(store: Store) -> None:
    for account in (2, ACCOUNTS):
        assert len(store.read(apikeys.list_of, account)) == numbered.KEYS
        assert len(store.read(sets.list_of, account)) == numbered.SETS
    collected = list(store.read(sets.list_of, numbered.COLLECTOR))
    assert len(collected) == numbered.SETS + numbered.COLLECTED


def test_what_is_encrypted_can_be_read(store: Store) -> None:
    account = store.read(accounts.find_by_email, "user-7@example.org")
    assert account is not None and account["email"] == account["initial"] == "user-7@example.org"
    assert len(store.read(sets.find, 7)["measies"]) == 38


def test_the_secret_of_each_key_follows_from_its_number(store: Store, settings: Settings) -> None:
    secrets = container.of(settings).api_secrets
    for number in (1, 2, ACCOUNTS * numbered.KEYS):
        standing = store.read(apikeys.find_status, UUID(str(numbered.uuid("apikeys", number))))
        assert standing is not None and standing.id == number
        assert standing.user_id == numbered.owner(number, ACCOUNTS)
        assert api_secrets.is_wellformed(numbered.secret(number))
        assert secrets.fits(numbered.secret(number), standing.secret_hash)
        assert (standing.revoked_at is not None) == numbered.is_revoked(number)


def test_new_rows_come_after_those_that_were_filled_in(store: Store) -> None:
    account = store.new_account()
    assert account["id"] == ACCOUNTS + 1
    assert store.new_set(account["id"])["id"] == ACCOUNTS * numbered.SETS + numbered.COLLECTED + 1
    store.write(accounts.remove, account["id"])


def test_there_is_usage_and_there_are_events_and_totals(store: Store) -> None:
    user = 11
    assert numbered.has_usage(user)
    span: dict[str, Any] = {"begin": NOW.replace(year=2000), "end": NOW.replace(year=2100), "limit": 1000}
    assert len(store.read(usage_reports.series, "day", user_id=user, **span)) == 7
    assert len(store.read(security_log.page, user, limit=10)) == 2
    found = store.read(statistics.find)
    assert found is not None and found.rows["accounts"] == ACCOUNTS


def test_keys_and_indices_are_those_of_the_migrations(settings: Settings) -> None:
    with fresh_postgres() as empty:
        migrate.upgrade(empty)
        assert asyncio.run(_defined(settings.database_url)) == asyncio.run(_defined(empty))


def test_a_database_with_accounts_is_not_filled_again(settings: Settings) -> None:
    with pytest.raises(SystemExit, match="accounts already"):
        fill.fill(settings, 1)


async def _defined(url: str) -> list[dict[str, str]]:
    connection = await asyncpg.connect(url)
    try:
        return [dict(row) for row in await connection.fetch(_DEFINED)]
    finally:
        await connection.close()
