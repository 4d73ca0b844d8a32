"""Two instances on PostgreSQL and Redis behind nginx as in deploy/, restarted under load."""

import inspect
import re
import signal
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest
from sqlalchemy import select

from services.images.fetch import fetch
from storage.schema.tables import accounts
from tests import nginx, templates
from tests.databases import fresh_postgres, fresh_redis
from tests.handlers.database import execute
from tests.limits.test_two_instances import SHARED
from tests.service import PATIENCE, Service, wait_until
from tests.steady_clients import Clients

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def instances(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Service]]:
    """The two, running."""
    nginx.require_nginx()
    with fresh_postgres() as database, fresh_redis() as redis:
        quotas = "burst=1000000,account-burst=1000000,address-burst=60,day=1000000,account-day=1000000"
        wanted = {**SHARED, "redis_url": redis, "limits": "on", "quotas": quotas}
        folders = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
        both = [Service(folder, database_url=database, **wanted) for folder in folders]
        try:
            templates.prepare(database, {})
            yield [one.start(migrate=False) for one in both]
        finally:
            for one in both:
                one.close()


@pytest.fixture(scope="module")
def front(instances: list[Service], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """nginx before them."""
    with nginx.before(tmp_path_factory.mktemp("nginx"), *instances) as running:
        yield running


def test_instances_restart_one_after_the_other_without_a_failed_request(
    front: Service, instances: list[Service]
) -> None:
    person = front.sign_up()
    with Clients(front.port, person, each=8) as clients:
        for instance in instances:
            assert instance.stop() in (0, -15)
            clients.go_on()
            instance.start(migrate=False)
            clients.go_on()
            # nginx gives it nothing for two seconds after its last refusal.
            wait_until(lambda instance=instance: _is_asked(front, instance), "requests for it")
    assert not clients.failures
    assert set(clients.statuses) == {200, 201}
    for instance in instances:
        instance.stop()
    calls = execute(instances[0], select(accounts.c.jwt_calls).where(accounts.c.id == person.id))[0][0]
    assert calls == sum(clients.statuses.values())
    for instance in instances:
        instance.start(migrate=False)
    assert sorted(made["id"] for made in person.every("/sets", "sets")) == sorted(clients.stored)


def _is_asked(front: Service, instance: Service) -> bool:
    """Whether nginx has a connection to the instance."""
    assert front.process is not None
    workers = psutil.Process(front.process.pid).children()
    connections = [one for worker in workers for one in worker.net_connections()]
    return any(one.status == psutil.CONN_ESTABLISHED and one.raddr.port == instance.port for one in connections)


def test_a_frozen_instance_is_avoided_and_every_read_is_answered_by_the_other(
    instances: list[Service], tmp_path: Path
) -> None:
    sooner = {"proxy_read_timeout 15s;": "proxy_read_timeout 2s;"}
    with nginx.before(tmp_path, *instances, changes=sooner) as front:
        person = front.sign_up()
        assert instances[0].process is not None
        instances[0].process.send_signal(signal.SIGSTOP)
        try:
            statuses = [person.get("/sets").status_code for _ in range(40)]
        finally:
            instances[0].process.send_signal(signal.SIGCONT)
        assert statuses == [200] * 40
        waits = (tmp_path / "error.log").read_text().count("upstream timed out")
        # Half of them, were it asked in its turn.
        assert 1 <= waits < 15


def test_errors_of_nginx_have_the_shape_of_all_errors(front: Service, instances: list[Service]) -> None:
    reply = front.http.post("/sets", content=b"1" * 13_000_000)
    assert (reply.status_code, reply.json()["error"]) == (413, "bodyTooLarge")
    assert reply.headers["content-type"] == "application/problem+json"
    for instance in instances:
        instance.stop()
    reply = front.http.get("/curated-sets")
    assert (reply.status_code, reply.json()["error"]) == (503, "unavailable")
    assert reply.headers["retry-after"] == "1"
    for instance in instances:
        instance.start(migrate=False)
    wait_until(front.is_alive, "nginx to ask them again")


def test_a_client_cannot_forge_its_address(front: Service) -> None:
    addresses = (f"203.0.113.{number % 256}" for number in count())

    def status() -> int:
        return front.http.get("/curated-sets", headers={"X-Forwarded-For": next(addresses)}).status_code

    # A new minute may begin after some of them.
    wait_until(lambda: status() == 429, "the quota of the real address to be used up")


@pytest.mark.parametrize(
    ("path", "waits"),
    [
        ("/import/user", True),
        ("/migrate", True),
        ("/issues/jwt", True),
        ("/flows/pr/blog/key", True),
        ("/images", True),
        ("/images/jwt", True),
        ("/images/0c4b9a6e", False),
        ("/sets/1", False),
        ("/curated-sets", False),
    ],
)
def test_what_waits_for_other_hosts_has_more_time(path: str, waits: bool) -> None:
    text = (nginx.DEPLOY / nginx.PROXY).read_text()
    [pattern, seconds] = re.findall(r"^location ~ (\S+) \{\n.*\n\s*proxy_read_timeout (\d+)s;", text, re.MULTILINE)[0]
    assert bool(re.search(pattern, path)) == waits
    assert int(seconds) > fetch_seconds() > 0


def fetch_seconds() -> float:
    """How long the server waits for an image at another host."""
    return float(inspect.signature(fetch).parameters["timeout"].default)


def test_nginx_takes_the_files_for_compose(tmp_path: Path) -> None:
    nginx.require_nginx()
    main = nginx.written(tmp_path, 8080)
    names = (nginx.DEPLOY / "upstream-compose.conf").read_text()
    (tmp_path / "conf.d" / "upstream.conf").write_text(names)
    checked = subprocess.run(
        [str(nginx.PROGRAM), "-t", "-e", "stderr", "-c", str(main)], capture_output=True, text=True, timeout=PATIENCE
    )
    assert checked.returncode == 0, checked.stderr
