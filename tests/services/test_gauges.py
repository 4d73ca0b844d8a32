"""The metrics tell whether the database and Redis answer."""

import asyncio
from pathlib import Path

from prometheus_client import CollectorRegistry

from services import startup
from storage import health, migrate
from storage.database import Storage
from storage.schema.encryption import Keyring
from tests.databases import fresh_redis
from tests.service import free_port
from tests.service_container import services_on

AWAY = "postgresql://nobody@127.0.0.1:9/none"


def shown(database_url: str, redis_url: str) -> dict[str, float | None]:
    """Ask once, and return what a scrape tells of it."""
    storage = Storage(database_url, Keyring({"1": b"1" * 32}), check=startup.check_database)
    services = services_on(storage, limits="on", redis_url=redis_url)
    registry = CollectorRegistry()
    registry.register(services.gauges.present)

    async def ask() -> None:
        async with storage:
            await services.gauges.refresh()
        await services.limits.close()

    asyncio.run(ask())
    names = ("database_up", "redis_up", "schema_revision", "mails_waiting")
    return {name: registry.get_sample_value(f"freesewing_{name}") for name in names}


def test_a_database_and_a_redis_that_answer_are_up(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate.upgrade(url)
    there = {"database_up": 1, "schema_revision": int(health.newest()), "mails_waiting": 0}
    assert shown(url, "") == {**there, "redis_up": None}
    with fresh_redis() as redis_url:
        assert shown(url, redis_url) == {**there, "redis_up": 1}


def test_the_schema_is_shown_while_the_server_waits_for_its_migrations(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate.upgrade(url, "0011")
    behind = {"database_up": 1, "schema_revision": 11, "mails_waiting": None, "redis_up": None}
    assert shown(url, "") == behind


def test_a_database_and_a_redis_that_are_away_are_down_and_show_nothing_else() -> None:
    down = {"database_up": 0, "redis_up": 0, "schema_revision": None, "mails_waiting": None}
    assert shown(AWAY, f"redis://127.0.0.1:{free_port()}") == down
