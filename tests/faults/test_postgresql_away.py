"""PostgreSQL goes away, hangs and comes back: the server answers 503 meanwhile, and needs no restart."""

import asyncio
import re
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx2
import pytest

from storage import migrate
from tests import templates
from tests.databases import fresh_postgres
from tests.faults.concurrency import concurrently
from tests.problems import problem
from tests.proxy import Proxy
from tests.service import PASSWORD, ApiKey, Person, Service, wait_until

Call = Callable[[], httpx2.Response]


@dataclass
class Scene:
    """A server, the proxy before its database, and an account with a key and a set."""

    service: Service
    proxy: Proxy
    person: Person
    key: ApiKey
    set_id: int

    def calls(self) -> dict[str, Call]:
        """Requests of every kind, all of which need the database."""
        http = self.service.http
        sign_up = {"email": "new@example.org", "language": "en"}
        return {
            "read with a token": partial(self.person.get, f"/sets/{self.set_id}"),
            "read with a key": partial(self.key.get, f"/sets/{self.set_id}"),
            "write with a token": partial(self.person.post, "/sets", {"name": "refused"}),
            "write with a key": partial(self.key.patch, f"/sets/{self.set_id}", {"name": "refused"}),
            "remove": partial(self.person.delete, f"/sets/{self.set_id}"),
            "sign up": partial(http.post, "/signup", json=sign_up),
            "sign in": partial(http.post, "/signin", json={"username": self.person.email, "password": PASSWORD}),
            "ask for a link": partial(http.post, "/signinlink", json={"username": self.person.email}),
            "public": partial(http.get, f"/sets/{self.set_id}.json"),
            "ready": partial(http.get, "/ready"),
        }

    def is_well(self) -> bool:
        """Whether the server is ready, reads and writes."""
        replies = (self.service.http.get("/ready"), self.person.get("/sets"), self.key.post("/sets", {"name": "x"}))
        return [reply.status_code for reply in replies] == [200, 200, 201]


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Proxy, str]]:
    """A server, its proxy, and the way around the proxy."""
    with fresh_postgres() as url:
        templates.prepare(url, {})
        parts = urlsplit(url)
        proxy = Proxy(parts.hostname or "", parts.port or 5432)
        address = parts._replace(netloc=f"{parts.username}@127.0.0.1:{proxy.port}").geturl()
        # No secrets are made while the database does not answer.
        secrets = {"encryption_keys": f"1:{b64encode(b'k' * 32).decode()}", "secret_key": "s" * 40}
        service = Service(tmp_path_factory.mktemp("away"), database_url=address, database_pool="4", **secrets)
        try:
            # It starts before its database.
            proxy.cut()
            yield service.start(migrate=False), proxy, url
        finally:
            proxy.restore()
            service.close()
            proxy.cut()


@pytest.fixture
def scene(proxied: tuple[Service, Proxy, str]) -> Iterator[Scene]:
    """The database is reachable."""
    service, proxy, _ = proxied
    proxy.restore()
    wait_until(lambda: service.http.get("/ready").status_code == 200, "the server to find its database")
    person = service.sign_up()
    made = Scene(service, proxy, person, person.new_key(), person.new_set(public=True)["id"])
    yield made
    assert b"Traceback" not in service.log.read_bytes()


def assert_unavailable(reply: httpx2.Response) -> None:
    problem(reply, 503, "unavailable")
    assert int(reply.headers["retry-after"]) >= 1
    assert "www-authenticate" not in reply.headers


def test_a_server_that_starts_before_its_database_answers_and_recovers(proxied: tuple[Service, Proxy, str]) -> None:
    service, proxy, _ = proxied
    proxy.cut()
    assert service.http.get("/health").status_code == 200
    assert_unavailable(service.http.get("/ready"))
    proxy.restore()
    wait_until(lambda: service.http.get("/ready").status_code == 200, "the server to be ready")
    assert service.sign_up().new_set()["name"] == "a set"


def test_without_its_database_every_request_gets_503(scene: Scene) -> None:
    scene.proxy.cut()
    for _ in range(2):
        for call in scene.calls().values():
            assert_unavailable(call())
    assert scene.service.http.get("/health").status_code == 200
    assert scene.service.http.get("/openapi.json").status_code == 200
    # A malformed token needs no look-up.
    assert scene.service.http.get("/sets", headers={"Authorization": "Bearer x"}).status_code == 401
    scene.proxy.restore()
    wait_until(scene.is_well, "the server to recover")
    assert scene.person.get(f"/sets/{scene.set_id}").json()["set"]["name"] == "a set"


def test_an_outage_is_logged_once_a_second_and_not_for_each_request(scene: Scene) -> None:
    scene.proxy.cut()
    seen, begun = scene.service.log.stat().st_size, time.monotonic()

    def counts() -> list[int]:
        """Return how many requests each line stands for."""
        lines = [line for line in scene.service.log.read_text()[seen:].splitlines() if ": 503 (database): " in line]
        return [1 + int(re.findall(r"\(suppressed (\d+) like|$", line)[0] or 0) for line in lines]

    for _ in range(60):
        assert_unavailable(scene.person.get(f"/sets/{scene.set_id}"))
    # Lines of the test before may still come.
    wait_until(lambda: sum(counts()) >= 60, "every request to be in the log")
    assert len(counts()) <= 2 + time.monotonic() - begun


class Visitor(threading.Thread):
    """A client that reads and writes without pause, and records the responses."""

    def __init__(self, scene: Scene, stop: threading.Event) -> None:
        super().__init__()
        self.scene, self.stop = scene, stop
        self.stored: set[int] = set()
        self.answers: Counter[int] = Counter()

    def run(self) -> None:
        while not self.stop.is_set():
            reply = self.scene.key.post("/sets", {"name": "busy"})
            if reply.status_code == 201:
                self.stored.add(reply.json()["set"]["id"])
            else:
                assert_unavailable(reply)
            self.answers.update([reply.status_code, self.scene.person.get(f"/sets/{self.scene.set_id}").status_code])


def test_connections_that_are_cut_repeatedly_lose_no_acknowledged_write(scene: Scene) -> None:
    stop = threading.Event()
    visitors = [Visitor(scene, stop) for _ in range(6)]
    for visitor in visitors:
        visitor.start()
    try:
        for _ in range(4):
            before = sum(visitor.answers[201] for visitor in visitors)
            wait_until(lambda b=before: sum(one.answers[201] for one in visitors) > b + 10, "work to go on")
            scene.proxy.cut()
            refused = sum(visitor.answers[503] for visitor in visitors)
            wait_until(lambda r=refused: sum(one.answers[503] for one in visitors) > r, "a 503")
            scene.proxy.restore()
        wait_until(scene.is_well, "the server to recover")
    finally:
        stop.set()
        for visitor in visitors:
            visitor.join()
    assert {status for visitor in visitors for status in visitor.answers} <= {200, 201, 503}
    stored = {made["id"] for made in scene.person.every("/sets", "sets")}
    assert {set_id for visitor in visitors for set_id in visitor.stored} <= stored


def test_requests_are_answered_while_the_database_hangs(scene: Scene) -> None:
    concurrently([partial(scene.person.get, "/sets")] * 8)  # so that there are connections that can hang
    scene.proxy.hang()
    calls: list[Call] = [*scene.calls().values(), partial(scene.service.http.get, "/health")]
    # All are answered while the database hangs.
    *replies, alive = concurrently(calls)
    for reply in replies:
        assert_unavailable(reply)
    assert alive.status_code == 200
    scene.proxy.restore()
    wait_until(scene.is_well, "the server to recover")


def test_calls_that_could_not_be_counted_at_once_are_counted_later(
    scene: Scene, proxied: tuple[Service, Proxy, str]
) -> None:
    def counted() -> int:
        return int(scene.person.get("/account").json()["account"]["keyCalls"])

    def stored() -> int:
        return asyncio.run(_key_calls(proxied[2], scene.person))

    def failed(seen: int) -> bool:
        return "counting calls: waiting" in scene.service.log.read_text()[seen:]

    made, is_delayed = 0, False
    while not is_delayed:  # until a batch was to be written during the outage
        assert {reply.status_code for reply in concurrently([partial(scene.key.get, "/sets")] * 20)} == {200}
        made += 20
        seen = scene.service.log.stat().st_size
        scene.proxy.cut()
        wait_until(lambda seen=seen, made=made: failed(seen) or stored() == made, "the batch to be tried")
        is_delayed = failed(seen)
        scene.proxy.restore()
        wait_until(lambda: scene.person.get("/account").status_code == 200, "the server to recover")
    wait_until(lambda: counted() == made, "the batch to be written")
    totals = scene.person.get(f"/apikeys/{scene.key.key}/usage").json()["usage"]["totals"]
    assert totals["calls"] == made


async def _key_calls(url: str, person: Person) -> int:
    """The calls with keys of an account, read without the proxy."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT key_calls FROM accounts WHERE id = $1", person.id))
    finally:
        await connection.close()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_server_before_its_migrations_is_not_ready_until_they_have_run(engine: str, tmp_path: Path) -> None:
    if engine == "sqlite":
        _becomes_ready(Service(tmp_path))
    else:
        with fresh_postgres() as url:
            _becomes_ready(Service(tmp_path, database_url=url))


def _becomes_ready(service: Service) -> None:
    try:
        service.start(migrate=False)
        assert_unavailable(service.http.get("/ready"))
        migrate.upgrade(service.database_url)
        assert service.http.get("/ready").status_code == 200
        service.sign_up()
    finally:
        service.close()
