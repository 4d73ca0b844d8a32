"""The units of deploy/: two instances on one machine with metrics each, as a role that owns no tables."""

import asyncio
import contextlib
import random
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from tests.databases import execute, fresh_postgres
from tests.limits.test_two_instances import SHARED
from tests.operators.systemd import DEPLOY, UNIT, Systemd, clean_environment, command, environment
from tests.service import PATIENCE, ROOT, Service, hold_port

MIGRATION = DEPLOY / "freesewing-api-migrate.service"


class Roles(NamedTuple):
    """The address of a database, as its owner and as the role of the instances, and the name of that role."""

    owner: str
    application: str
    name: str


def documented_sql(owner: str, application: str) -> str:
    """What docs/postgresql.md says about the role, for roles of these names."""
    text = (ROOT / "docs" / "postgresql.md").read_text(encoding="utf-8").partition("\n## Roles and timeouts\n")[2]
    [sql] = re.findall(r"^```sql\n(.*?)^```$", text.partition("\n## ")[0], re.MULTILINE | re.DOTALL)
    return re.sub(r"\bfreesewing\b", owner, sql.replace("freesewing_app", application))


@pytest.fixture
def roles() -> Iterator[Roles]:
    """An empty database with an owner, and the role that the documentation creates."""
    owner, application = f"owner_{uuid4().hex[:12]}", f"application_{uuid4().hex[:12]}"
    with fresh_postgres() as url:
        parts = urlsplit(url)
        asyncio.run(execute(f"CREATE ROLE {owner} LOGIN"))
        asyncio.run(execute(f'ALTER DATABASE "{parts.path[1:]}" OWNER TO {owner}'))
        try:
            asyncio.run(_run(url, documented_sql(owner, application)))
            yield Roles(_as(url, owner), _as(url, application), application)
        finally:
            for role in (application, owner):
                asyncio.run(_run(url, f"DROP OWNED BY {role} CASCADE"))
                asyncio.run(_run(url, f'ALTER DATABASE "{parts.path[1:]}" OWNER TO CURRENT_USER; DROP ROLE {role}'))


def _as(url: str, role: str) -> str:
    return urlsplit(url)._replace(netloc=f"{role}@{urlsplit(url).netloc.rpartition('@')[2]}").geturl()


async def _run(url: str, sql: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(sql)) if sql.startswith("SELECT") else await connection.execute(sql) and []
    finally:
        await connection.close()


def _instance() -> str:
    """A free port of four digits, as the units require, such that the port of its metrics is free, too."""
    while True:
        port = random.randrange(1024, 10_000)
        with contextlib.suppress(OSError):
            return str(hold_port(hold_port(10_000 + port) - 10_000))


def test_two_instances_run_as_a_role_without_tables_and_each_has_metrics(roles: Roles, tmp_path: Path) -> None:
    settings = {f"FREESEWING_{name.upper()}": value for name, value in SHARED.items()}
    common = {
        **settings,
        "FREESEWING_DATABASE_URL": roles.application,
        "FREESEWING_DATA_DIR": str(tmp_path),
        "FREESEWING_TEST_MODE": "1",
    }
    migration = clean_environment(**environment(MIGRATION, "")) | common
    asked = [command(MIGRATION)[0], "cli.py", "migrate"]
    assert command(MIGRATION) == asked
    refused = subprocess.run(asked, cwd=ROOT, env=migration, capture_output=True, text=True, timeout=PATIENCE)
    assert refused.returncode != 0 and "lacks a privilege" in refused.stderr
    subprocess.run(
        asked, cwd=ROOT, env=migration | {"FREESEWING_DATABASE_URL": roles.owner}, check=True, timeout=PATIENCE
    )
    with contextlib.ExitStack() as running:
        instances = [_started(running, tmp_path, common) for _ in range(2)]
        person = instances[0].sign_up()
        stored = person.new_key(3).post("/sets", {"name": "a set", "measies": {"chest": 900}})
        assert stored.status_code == 201
        for instance in instances:
            metrics = instance.http.get(f"http://127.0.0.1:1{instance.port}/metrics")
            assert metrics.status_code == 200 and "freesewing_requests_total" in metrics.text
        assert instances[1].http.get("/ready").status_code == 200
    owned = asyncio.run(_run(roles.application, f"SELECT 1 FROM pg_tables WHERE tableowner = '{roles.name}'"))
    assert not owned


def _started(running: contextlib.ExitStack, tmp_path: Path, common: dict[str, str]) -> Service:
    """An instance of the unit; a client for it."""
    port = _instance()
    folder = tmp_path / port
    client = Service(folder)
    client.port, client.url = int(port), f"http://127.0.0.1:{port}"
    client.http.base_url = client.url
    running.callback(client.http.close)
    folder.mkdir()
    # The file of settings overrides what the unit sets, as in systemd.
    set_there = clean_environment(**environment(UNIT, port)) | common
    systemd = running.enter_context(Systemd(folder, command(UNIT), set_there, watchdog=30))
    systemd.becomes_ready()
    return client
