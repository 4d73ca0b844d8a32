"""Several workers behind one port: connections are spread evenly, workers are replaced, and all end together."""

import contextlib
import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import forked, templates
from tests.databases import fresh_postgres
from tests.matrix import ENGINES, matrix
from tests.operators.workers import Crew
from tests.service import PATIENCE, free_port_with, wait_until
from tests.steady_clients import Clients
from tests.wire import head

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not hasattr(socket, "send_fds"), reason="this system can run one worker only"),
]


# How workers are run does not depend on the engine.
on_one_engine = pytest.mark.parametrize("two", ["sqlite"], indirect=True)


# Two workers on PostgreSQL are under load in tests/faults/test_restart.py.
@pytest.fixture(scope="module", params=matrix(["sqlite"], full=ENGINES))
def two(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """Two workers, with metrics."""
    data = tmp_path_factory.mktemp("workers")
    wanted = {"workers": "2", "metrics_port": str(free_port_with(1))}
    with contextlib.ExitStack() as open_:
        if request.param == "postgresql":
            crew = Crew(data, database_url=open_.enter_context(fresh_postgres()), **wanted)
        else:
            crew = Crew(data, **wanted)
        open_.callback(crew.close)
        crew.start()
        wait_until(lambda: crew.logged("startup complete") == 2, "both workers")
        yield crew


@contextlib.contextmanager
def _connected(crew: Crew, count: int) -> Iterator[list[socket.socket]]:
    """So many clients that have got a response, and stay connected."""
    with contextlib.ExitStack() as open_:
        clients = [
            open_.enter_context(socket.create_connection(("127.0.0.1", crew.port), PATIENCE)) for _ in range(count)
        ]
        for client in clients:
            client.sendall(head("GET", "/health"))
        for client in clients:
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
        yield clients


@on_one_engine
def test_connections_are_spread_evenly(two: Crew) -> None:
    two.http.close()
    two.http = type(two.http)(base_url=two.url, timeout=PATIENCE, trust_env=False)
    wait_until(lambda: two.spread() == [0, 0], "all other connections to be closed")
    # The supervisor hears of closed connections a moment later.
    wait_until(lambda: _spread_of_more(two, 16) == [8, 8], "an even spread")
    with _connected(two, 16) as clients:
        for client in clients[::2]:
            client.close()
        wait_until(lambda: _spread_of_more(two, 16) == [12, 12], "an even spread of what is left and of new ones")


def _spread_of_more(crew: Crew, count: int) -> list[int]:
    """The connections of each worker while there are so many more."""
    with _connected(crew, count):
        return crew.spread()


@on_one_engine
def test_each_worker_has_metrics_of_its_own(two: Crew) -> None:
    first = int(two.environment["FREESEWING_METRICS_PORT"])
    ports = (first, first + 1)
    wait_until(lambda: all(map(_answers, ports)), "metrics")
    before = [_counted(two, port) for port in ports]

    def more() -> list[float]:
        return [_counted(two, port) - former for port, former in zip(ports, before, strict=True)]

    with _connected(two, 8):
        wait_until(lambda: sum(more()) == 8, "the requests to be counted")
        assert min(more()) > 0


def _counted(two: Crew, port: int) -> float:
    return _sample(two, port, "freesewing_requests_total", {"operation": "check_health", "status": "2xx"})


def _restarts(two: Crew) -> float:
    """Return how often workers were replaced because they ended, or -1 while one has no metrics."""
    first = int(two.environment["FREESEWING_METRICS_PORT"])
    with contextlib.suppress(httpx2.TransportError):
        return sum(_sample(two, port, "freesewing_worker_restarts_total", {}) for port in (first, first + 1))
    return -1


def _sample(two: Crew, port: int, name: str, labels: dict[str, str]) -> float:
    text = two.http.get(f"http://127.0.0.1:{port}/metrics").text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return sum(sample.value for sample in samples if sample.name == name and sample.labels == labels)


@on_one_engine
def test_a_worker_that_is_killed_is_replaced(two: Crew) -> None:
    wait_until(lambda: _restarts(two) >= 0, "the metrics of both")
    victim, served, restarts = two.workers()[0], two.logged("startup complete"), _restarts(two)
    victim.kill()
    wait_until(lambda: two.logged(f"process {victim.pid}) ended with status -9") == 1, "its end")
    with _connected(two, 4):
        assert sum(two.spread()) >= 4
    wait_until(lambda: two.logged("startup complete") > served, "another worker")
    assert len(two.workers()) == 2
    wait_until(lambda: _restarts(two) == restarts + 1, "the restart to be counted")


def test_no_write_through_two_workers_is_lost(two: Crew) -> None:
    person = two.sign_up()
    with Clients(two.port, person, each=8) as clients:
        clients.go_on()
    assert not clients.failures
    assert set(clients.statuses) == {200, 201}
    assert sorted(made["id"] for made in person.every("/sets", "sets")) == sorted(clients.stored)


def test_workers_are_replaced_under_load_without_a_failed_request(two: Crew) -> None:
    person = two.sign_up()
    with Clients(two.port, person, each=8) as clients:
        two.replace()
        clients.go_on()
        assert len(two.workers()) == 2
        assert min(two.spread()) > 0
    assert not clients.failures
    assert set(clients.statuses) == {200, 201}
    assert sorted(made["id"] for made in person.every("/sets", "sets")) == sorted(clients.stored)
    first = int(two.environment["FREESEWING_METRICS_PORT"])
    wait_until(lambda: _answers(first) and _answers(first + 1), f"the new workers' metrics; see {two.log}")


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE):
        return True
    return False


@on_one_engine
def test_workers_end_with_their_supervisor_even_if_it_is_killed(two: Crew) -> None:
    workers = two.workers()
    two.stop(kill=True)
    _, alive = psutil.wait_procs(workers, PATIENCE)
    assert not alive
    assert two.start(migrate=False).stop() == 0
    assert not _answers(two.port)


def _start(tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    crew = Crew(tmp_path, workers="2", **settings)
    crew.http.close()
    templates.prepare(crew.database_url, crew.environment)
    return forked.run("app", environment=crew.environment, timeout=PATIENCE)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [("mail_url", "nonsense:", "FREESEWING_MAIL_URL"), ("host", "192.0.2.1", "192.0.2.1"), ("port", "0", "PORT")],
)
def test_what_stops_one_worker_stops_the_start_of_all(tmp_path: Path, setting: str, value: str, message: str) -> None:
    ended = _start(tmp_path, **{setting: value})
    assert ended.returncode == 1
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


def test_several_workers_that_count_alone_say_so(tmp_path: Path) -> None:
    crew = Crew(tmp_path, workers="3", limits="on", log_format="json", slow_request_seconds="0")
    try:
        crew.start()
        lines: list[dict[str, Any]] = [json.loads(line) for line in crew.log.read_text().splitlines()]
    finally:
        crew.close()
    [warning] = [line["message"] for line in lines if line["level"] == "WARNING"]
    assert "FREESEWING_REDIS_URL" in warning and "3 times" in warning
