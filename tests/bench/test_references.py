"""The references serve the same records as our server: a field that they lack fails here, not in `make bench`."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

import settings
from bench import databases
from bench.references import fastapi, own, raw
from bench.scenarios import arrange, scenarios
from bench.servers import FASTAPI, OURS, RAW, STARLETTE
from tests.bench import agreement
from tests.in_process import ORIGIN, in_process

REFERENCES = {STARLETTE: own, RAW: raw, FASTAPI: fastapi}


class Http:
    """A client of an application in this process."""

    def __init__(self, runner: asyncio.Runner, application: Any) -> None:
        self._runner = runner
        self._client = httpx2.AsyncClient(base_url=ORIGIN, transport=httpx2.ASGITransport(app=application))

    def request(self, *args: Any, **options: Any) -> httpx2.Response:
        return self._runner.run(self._client.request(*args, **options))


@pytest.mark.parametrize("engine", databases.TITLES)
def test_all_servers_answer_the_same(engine: str, tmp_path: Path) -> None:
    with databases.fresh(engine) as (_, url), in_process(tmp_path, url) as ours, asyncio.Runner() as runner:
        known = scenarios(arrange(ours, sets=2, patterns=4))
        found = settings.make_secrets(settings.load(data_dir=tmp_path, database_url=url))
        servers, applications = {OURS: ours}, [module.create_app(found) for module in REFERENCES.values()]
        started = [one.router.lifespan_context(one) for one in applications]
        for one in started:
            runner.run(one.__aenter__())
        for name, application in zip(REFERENCES, applications, strict=True):
            servers[name] = SimpleNamespace(http=Http(runner, application))  # type: ignore[assignment]
        agreement.check(servers, known)
        for one in started:
            runner.run(one.__aexit__(None, None, None))
