"""The application in the process of the test, over ASGI, and changes between the steps of a request."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

import app
import settings
from services import container
from settings import Settings
from storage.database import Storage
from tests import templates
from tests.quick_server import quick
from tests.service import IMPORT_TOKEN, Service

ORIGIN = "http://127.0.0.1:8000"


class AsgiService(Service):
    """The application over ASGI, with the interface of `Service`. Its background work does not run."""

    def __init__(self, runner: asyncio.Runner, found: Settings) -> None:
        self.run = runner.run
        self.url, self.database_url, self.forge = ORIGIN, found.database_url, None
        self.services = container.of(found)
        self.application = app.create_app(found, services=self.services)
        self.http = _Http(runner, httpx2.ASGITransport(app=self.application))


class _Http(httpx2.Client):
    """Calls the application from outside of its event loop."""

    def __init__(self, runner: asyncio.Runner, transport: httpx2.ASGITransport) -> None:
        super().__init__(base_url=ORIGIN)
        self._runner = runner
        self._within = httpx2.AsyncClient(base_url=ORIGIN, transport=transport)

    def request(self, *args: Any, **options: Any) -> httpx2.Response:
        return self._runner.run(self._within.request(*args, **options))


@contextmanager
def in_process(data: Path, database_url: str = "", *, migrate: bool = True) -> Iterator[AsgiService]:
    """The application on a migrated database; SQLite in the folder `data` unless another is given."""
    options = {"data_dir": data, "limits": "off", "test_mode": True, "import_token": IMPORT_TOKEN}
    found = settings.make_secrets(settings.load(**options, database_url=database_url))
    if migrate:
        templates.prepare(found.database_url, {"FREESEWING_DATABASE_URL": found.database_url})
    with quick(), asyncio.Runner() as runner:
        there = AsgiService(runner, found)
        runner.run(there.services.storage.open())
        try:
            yield there
        finally:
            runner.run(there.services.storage.close())


@contextmanager
def before_next_write(patch: pytest.MonkeyPatch, happens: Callable[[], Awaitable[object]]) -> Iterator[None]:
    """AsgiService, let this happen once: after a request was authenticated, just before its first unit of work.

    Fails if no such request came.
    """
    write = Storage.write

    async def interrupted(*args: Any, **kwargs: Any) -> Any:
        patch.setattr(Storage, "write", write)
        await happens()
        return await write(*args, **kwargs)

    patch.setattr(Storage, "write", interrupted)
    yield
    assert Storage.write is write
