"""Two applications with different settings run side by side in one process, and do not affect each other."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest

import settings
from services.container import Services
from tests import templates
from tests.databases import fresh_postgres
from tests.in_process import AsgiService
from tests.quick_server import quick
from tests.service import IMPORT_TOKEN, Credentials

# Of the application with limits: requests without credentials in a minute.
QUOTA = 25


@asynccontextmanager
async def lifespan_of(application: Any) -> AsyncIterator[dict[str, Any]]:
    """Start an application as a server does, and end it; its lifespan state in between."""
    received, sent = asyncio.Queue[Any](), asyncio.Queue[Any]()
    state: dict[str, Any] = {}
    serving = asyncio.create_task(application({"type": "lifespan", "state": state}, received.get, sent.put))
    await received.put({"type": "lifespan.startup"})
    assert (await sent.get())["type"] == "lifespan.startup.complete"
    yield state
    await received.put({"type": "lifespan.shutdown"})
    assert (await sent.get())["type"] == "lifespan.shutdown.complete"
    await serving


class Application(AsgiService):
    """An application with its background work, between the start and the end of its lifespan."""

    def __init__(self, runner: asyncio.Runner, data: Path, **given: Any) -> None:
        found = settings.make_secrets(settings.load(data_dir=data, test_mode=True, **given))
        templates.prepare(found.database_url, {"FREESEWING_DATABASE_URL": found.database_url})
        super().__init__(runner, found)
        self._lifespan = lifespan_of(self.application)
        self.state = runner.run(self._lifespan.__aenter__())

    def end(self) -> None:
        """Stop it, as a server does."""
        self.run(self._lifespan.__aexit__(None, None, None))


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """The event loop that both applications run on."""
    with quick(), asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def limited(runner: asyncio.Runner, tmp_path: Path) -> Iterator[Application]:
    """An application on SQLite, with limits."""
    url, quotas = "https://one.example", f"address-burst={QUOTA}"
    application = Application(runner, tmp_path / "one", public_url=url, quotas=quotas)
    yield application
    application.end()


@pytest.fixture
def unlimited(runner: asyncio.Runner, tmp_path: Path) -> Iterator[Application]:
    """An application on PostgreSQL, without limits, which takes imports."""
    with fresh_postgres() as database:
        given = {"public_url": "https://two.example", "limits": "off", "import_token": IMPORT_TOKEN}
        application = Application(runner, tmp_path / "two", database_url=database, **given)
        yield application
        application.end()


def test_each_application_has_services_of_its_own(limited: Application, unlimited: Application) -> None:
    for each in (limited, unlimited):
        assert each.state["services"] is each.services
    for field in fields(Services):
        assert getattr(limited.services, field.name) is not getattr(unlimited.services, field.name), field.name


def test_credentials_and_records_of_one_are_unknown_to_the_other(
    limited: Application, unlimited: Application
) -> None:
    alice, bob = limited.sign_up(), unlimited.sign_up()
    key, made = alice.new_key(), alice.new_set()
    assert (
        alice.get("/account").status_code == bob.get("/account").status_code == key.get("/whoami").status_code == 200
    )
    for credentials in (alice, key):
        assert Credentials(unlimited, credentials.authorization).get("/whoami").status_code == 401
    assert bob.get(f"/sets/{made['id']}").status_code == 404
    assert alice.get(f"/sets/{made['id']}").status_code == 200


def test_each_application_follows_its_own_settings(limited: Application, unlimited: Application) -> None:
    servers = [each.http.get("/openapi.json").json()["servers"][0]["url"] for each in (limited, unlimited)]
    assert servers == ["https://one.example", "https://two.example"]
    imported = {"import_token": IMPORT_TOKEN, "list": {}}
    assert unlimited.http.post("/import/subscribers", json=imported).status_code == 200
    assert limited.http.post("/import/subscribers", json=imported).json()["error"] == "notEnabled"
    replies = {each: [each.http.get("/openapi.json") for _ in range(QUOTA)] for each in (limited, unlimited)}
    assert replies[limited][-1].status_code == 429
    assert {reply.status_code for reply in replies[unlimited]} == {200}
    assert not any("ratelimit" in reply.headers for reply in replies[unlimited])


def test_metrics_and_calls_are_counted_by_each(limited: Application, unlimited: Application) -> None:
    limited.services.metrics.unavailable("stopping")
    counted = 'freesewing_unavailable_total{cause="stopping"} 1.0'
    assert counted in generate_latest(limited.services.metrics.registry).decode()
    assert counted not in generate_latest(unlimited.services.metrics.registry).decode()
    limited.services.usage.count(1, 0, "read_set", 200, 1, 1)
    assert (limited.services.usage.unflushed(), unlimited.services.usage.unflushed()) == (1, 0)


def test_one_goes_on_after_the_other_has_ended(limited: Application, runner: asyncio.Runner, tmp_path: Path) -> None:
    other = Application(runner, tmp_path / "other", limits="off")
    other.sign_up().new_set()
    other.end()
    assert other.services.storage.load() is None
    assert limited.sign_up().new_set()["name"] == "a set"


def test_services_cannot_be_exchanged(limited: Application) -> None:
    with pytest.raises(AttributeError):
        limited.services.limits = replace(limited.services).limits  # type: ignore[misc]
