"""Connections of slow and silent clients are closed in time, and other clients are served meanwhile."""

import contextlib
import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection

import httpx2
import pytest

from tests.faults import slow
from tests.problems import problem, unharmed
from tests.service import PATIENCE, Person, Service, wait_until
from tests.wire import exchange, head

psutil = pytest.importorskip("psutil")

# Requests at a time, connections, seconds: little enough for a crowd to matter and a test to end.
MOST_REQUESTS, MOST_CONNECTIONS, SECONDS = 8, 100, 2.0
CROWD = 60
# Together less than a page of a list may have.
PATTERNS, PATTERN_BYTES = 12, 90_000


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server that closes slow connections after two seconds."""
    service = Service(
        tmp_path_factory.mktemp("strict"),
        max_concurrency=str(MOST_REQUESTS),
        max_connections=str(MOST_CONNECTIONS),
        client_seconds=str(SECONDS),
    )
    try:
        yield service.start()
    finally:
        service.close()


@pytest.fixture
def reader(strict: Service) -> Iterator[Person]:
    """An ordinary client; afterwards the server still runs, and has logged no traceback."""
    person = strict.sign_up()
    with unharmed(strict):
        yield person


def assert_served(person: Person) -> None:
    """An ordinary client can read and write."""
    made = person.new_set()
    for _ in range(5):
        assert person.get(f"/sets/{made['id']}").status_code == 200


def assert_ended(people: slow.Crowd) -> None:
    wait_until(lambda: people.left == 0, "all slow clients to be ended")


@pytest.mark.parametrize(
    ("begin", "step"),
    [
        pytest.param(b"", slow.waits, id="send nothing"),
        pytest.param(b"GET /health HTTP/1.1\r\nHost: te", slow.waits, id="stop amid the head"),
        pytest.param(b"GET /health HTTP/1.1\r\nX-Slow: ", slow.sends(b"x"), id="send their head a byte at a time"),
        pytest.param(b"\r\n", slow.sends(b"\r\n"), id="send empty lines for ever"),
        pytest.param(head("GET", "/health") + b"GET /", slow.sends(b"x"), id="begin a second head and never end it"),
        pytest.param(
            head("GET", "/health", "Content-Length: 100000"), slow.sends(b"x"), id="send a body that nobody wants"
        ),
    ],
)
def test_clients_that_do_not_get_on_with_a_request_are_ended(reader: Person, begin: bytes, step: slow.Step) -> None:
    with slow.crowd(reader.service, CROWD, begin, step) as people:
        assert_served(reader)
        assert_ended(people)
        assert_served(reader)


@pytest.mark.parametrize("trickle", [False, True], ids=["stop", "a byte at a time"])
@pytest.mark.parametrize("length", ["Content-Length: 100000", "Transfer-Encoding: chunked"])
def test_clients_that_do_not_get_on_with_their_body_get_408(reader: Person, length: str, trickle: bool) -> None:
    heard = slow.Heard(bytes)
    byte = b"" if not trickle else b" " if length.startswith("Content") else b"1\r\n \r\n"
    begin = slow.body_begun(reader, length)
    with slow.crowd(reader.service, CROWD, begin, slow.sends(byte, heard)) as people:
        # More than may be worked on at a time, but they are not worked on.
        assert_served(reader)
        assert_ended(people)
    assert len(heard) == CROWD
    assert all(said.startswith(b"HTTP/1.1 408") and b"connection: close" in said.lower() for said in heard.values())


def test_a_body_that_does_not_arrive_gets_408_in_the_shape_of_all_errors(reader: Person) -> None:
    reply = exchange(reader.service, slow.body_begun(reader, "Content-Length: 100") + b"{")
    problem(reply, 408, "bodyTooSlow")
    assert reply.headers["connection"] == "close"


def test_a_large_reply_that_is_taken_slowly_but_steadily_is_taken_whole(reader: Person) -> None:
    # More than the system keeps unsent, at a rate at which that empties in seconds.
    for _ in range(PATTERNS):
        reader.new_pattern(data={"notes": "x" * PATTERN_BYTES})

    def is_taken_whole() -> bool:
        taken, pause = take_slowly(reader)
        # On a busy machine the client or the server pauses, too: then the end of the connection says nothing.
        assert taken > PATTERNS * PATTERN_BYTES or pause > SECONDS / 4
        return taken > PATTERNS * PATTERN_BYTES

    wait_until(is_taken_whole, "a reply that is taken without a pause")


def take_slowly(reader: Person) -> tuple[int, float]:
    """Read a list at a steady rate; return how many bytes came, and the longest pause in seconds."""
    taken, pause, before = 0, 0.0, time.monotonic()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.connect(("127.0.0.1", reader.service.port))
        connection.sendall(head("GET", "/patterns", f"Authorization: {reader.authorization}", "Connection: close"))
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(15_000):
                taken += len(piece)
                time.sleep(SECONDS / 20)
                pause, before = max(pause, time.monotonic() - before), time.monotonic()
    return taken, pause


@pytest.mark.parametrize("step", [slow.reads_a_byte, lambda _: True], ids=["a byte at a time", "not at all"])
def test_clients_that_do_not_take_their_reply_are_ended(reader: Person, step: slow.Step) -> None:
    # More than the system keeps for the server: the document, many times, without waiting for it.
    begin = head("GET", "/openapi.json") * 40
    # Fewer than get a 503, because their replies together take more memory than an address may reserve.
    with slow.crowd(reader.service, CROWD // 2, begin, step, receive_buffer=4096) as people:
        assert_served(reader)
        connections = partial(_connections, reader.service)
        wait_until(lambda: connections() < CROWD / 4, "the server to let go of them")
        assert_served(reader)
        del people


def _connections(service: Service) -> int:
    """How many connections the server holds."""
    assert service.process is not None
    held = psutil.Process(service.process.pid).net_connections()
    return sum(one.status == psutil.CONN_ESTABLISHED or one.status == psutil.CONN_CLOSE_WAIT for one in held)


def test_clients_that_go_away_amid_everything_are_not_missed(reader: Person) -> None:
    begins = [
        b"",
        b"GET / HT",
        slow.body_begun(reader, "Content-Length: 9") + b"{",
        head("GET", "/openapi.json") * 40,
    ]
    for begin in begins * 5:
        with slow.crowd(reader.service, 10, begin, lambda _: True, receive_buffer=4096):
            pass
    assert_served(reader)
    wait_until(lambda: _connections(reader.service) < 20, "the server to let go of them")


def test_a_head_without_end_is_refused(reader: Person) -> None:
    for begin in (b"GET /" + b"a" * 1_000_000, b"GET / HTTP/1.1\r\n" + b"X-Header: y\r\n" * 100_000):
        assert exchange(reader.service, begin).status_code == 400


def test_over_the_limit_of_connections_those_that_rest_make_room(reader: Person) -> None:
    with slow.crowd(reader.service, 3 * MOST_CONNECTIONS, b"", slow.waits):
        wait_until(lambda: _connections(reader.service) <= MOST_CONNECTIONS + 1, "the surplus to be closed")
        for _ in range(5):
            fresh = HTTPConnection("127.0.0.1", reader.service.port, timeout=PATIENCE)
            fresh.request("GET", "/sets", headers={"Authorization": reader.authorization})
            assert fresh.getresponse().status == 200
            fresh.close()


def test_over_the_limit_of_requests_clients_get_503_until_others_are_answered(reader: Person) -> None:
    path = reader.service.database_url.removeprefix("sqlite:///")
    refused: list[httpx2.Response] = []

    def is_refused() -> bool:
        reply = reader.get("/sets")
        refused.extend([reply] if reply.status_code == 503 else [])
        return bool(refused)

    with ThreadPoolExecutor(MOST_REQUESTS) as pool, contextlib.closing(sqlite3.connect(path)) as lock:
        # Writes wait for the lock, reads do not.
        lock.execute("BEGIN IMMEDIATE")
        held = [pool.submit(reader.post, "/sets", {"name": "a set"}) for _ in range(MOST_REQUESTS)]
        wait_until(is_refused, "the limit to be reached")
        assert reader.service.http.get("/health").status_code == 200
        lock.rollback()
    assert problem(refused[0], 503, "unavailable")["detail"] == "The server is overloaded."
    assert int(refused[0].headers["retry-after"]) >= 1
    # 503 if the lock was held for longer than the server waits for it.
    assert {one.result().status_code for one in held} <= {201, 503}
    assert_served(reader)
