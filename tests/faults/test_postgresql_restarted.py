"""PostgreSQL is restarted, crashes, or ends connections under load: 503 meanwhile, and nothing is lost."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import httpx2
import pytest

from storage import migrate
from tests.faults.cluster import Cluster, own_postgres
from tests.problems import problem
from tests.service import Credentials, Person, Service, wait_until

VISITORS = 8


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """The database server."""
    with own_postgres() as running:
        yield running


@pytest.fixture(scope="module")
def served(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The server under test, on it."""
    migrate.upgrade(cluster.url)
    service = Service(tmp_path_factory.mktemp("restarted"), database_url=cluster.url, database_pool="6")
    try:
        yield service.start(migrate=False)
    finally:
        service.close()


class Visitor(threading.Thread):
    """A client that writes and reads without pause, and records the responses."""

    def __init__(self, who: Credentials, known: dict[str, Any], stop: threading.Event) -> None:
        super().__init__()
        self.who, self.known, self.stop = who, known, stop
        self.stored: dict[int, str] = {}
        self.reads: Counter[int] = Counter()
        self.writes: Counter[int] = Counter()
        self.wrong: list[str] = []

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self._write()
                self._read()
            except (AssertionError, httpx2.HTTPError, KeyError) as error:
                self.wrong.append(repr(error))

    def _write(self) -> None:
        name = f"{self.name} {self.writes.total()}"
        reply = self.who.post("/sets", {"name": name, "measies": {"chest": 900}})
        self.writes[reply.status_code] += 1
        if reply.status_code == 201:
            self.stored[reply.json()["set"]["id"]] = name
        else:
            assert_unavailable(reply)

    def _read(self) -> None:
        reply = self.who.get(f"/sets/{self.known['id']}")
        self.reads[reply.status_code] += 1
        if reply.status_code == 200:
            assert reply.json()["set"] == self.known
        else:
            assert_unavailable(reply)


def assert_unavailable(reply: httpx2.Response) -> None:
    problem(reply, 503, "unavailable")
    assert int(reply.headers["retry-after"]) >= 1


class Load:
    """Eight clients at once, with a token and with a key."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.person: Person = service.sign_up()
        known = self.person.new_set(name="known")
        self.stop = threading.Event()
        key = self.person.new_key()
        self.visitors = [Visitor(who, known, self.stop) for who in (self.person, key) for _ in range(VISITORS // 2)]

    def done(self, status: int) -> int:
        """How many writes were answered with this status."""
        return sum(visitor.writes[status] for visitor in self.visitors)

    def more(self, status: int, by: int) -> None:
        """Wait until so many more writes were answered with this status."""
        before = self.done(status)
        wait_until(lambda: self.done(status) >= before + by, f"{by} writes to be answered with {status}")

    def assert_nothing_lost(self) -> None:
        """Every acknowledged write is stored as it was sent, and no write is stored twice."""
        there = {made["id"]: made["name"] for made in self.person.every("/sets", "sets")}
        stored = {set_id: name for visitor in self.visitors for set_id, name in visitor.stored.items()}
        assert stored.items() <= there.items()
        names = Counter(there.values())
        assert {name for name, times in names.items() if times > 1} == set()


@contextmanager
def load_on(service: Service) -> Iterator[Load]:
    """Run clients meanwhile; afterwards assert that they got 200, 201 or 503 only, and that nothing is lost."""
    load = Load(service)
    for visitor in load.visitors:
        visitor.start()
    try:
        load.more(201, 40)
        yield load
    finally:
        load.stop.set()
        for visitor in load.visitors:
            visitor.join()
    assert [wrong for visitor in load.visitors for wrong in visitor.wrong] == []
    statuses = {status for visitor in load.visitors for status in (*visitor.reads, *visitor.writes)}
    assert statuses <= {200, 201, 503}
    load.assert_nothing_lost()
    assert b"Traceback" not in service.log.read_bytes()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_under_load_gets_503_and_loses_nothing(
    cluster: Cluster, served: Service, mode: str, record_property: Callable[[str, object], None]
) -> None:
    with load_on(served) as load:
        for _ in range(2):
            cluster.stop(mode)
            load.more(503, 10)
            cluster.start()
            back = time.monotonic()
            load.more(201, 1)
            record_property("summary", f"writes went on {time.monotonic() - back:.2f} s after PostgreSQL ({mode})")
            load.more(201, 40)


def test_connections_that_are_ended_under_load_lose_nothing(cluster: Cluster, served: Service) -> None:
    with load_on(served) as load:
        for _ in range(10):
            assert asyncio.run(_end_connections(cluster)) > 0
            load.more(201, 4)


def test_connections_that_are_ended_at_rest_are_replaced_without_a_failed_read(
    cluster: Cluster, served: Service
) -> None:
    person = served.sign_up()
    known = person.new_set()
    for _ in range(10):
        assert asyncio.run(_end_connections(cluster)) > 0
        assert person.get(f"/sets/{known['id']}").json()["set"] == known


async def _end_connections(cluster: Cluster) -> int:
    outside = await asyncpg.connect(cluster.url)
    try:
        others = "pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        return int(await outside.fetchval(f"SELECT count(pg_terminate_backend(pid)) FROM {others}"))
    finally:
        await outside.close()
