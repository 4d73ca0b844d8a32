"""Crowds of slow clients that keep within every time limit: they make room for others, and take little memory."""

import re
import socket
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection

import pytest

from tests.faults import slow
from tests.problems import unharmed
from tests.service import PATIENCE, Person, Service, wait_until
from tests.wire import exchange, head

psutil = pytest.importorskip("psutil")

MOST, OF_ADDRESS = 60, 40
# The address of a client that is no proxy; the others come from 127.0.0.1, which is one.
DIRECT = "127.0.0.2"
LISTS, PATTERNS, PATTERN_BYTES = 40, 30, 90_000


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server that waits long for its clients, and has few places."""
    service = Service(
        tmp_path_factory.mktemp("patient"),
        max_connections=str(MOST),
        max_connections_per_address=str(OF_ADDRESS),
        client_seconds="60",
    )
    try:
        yield service.start()
    finally:
        service.close()


@pytest.fixture
def reader(patient: Service) -> Iterator[Person]:
    person = patient.sign_up()
    with unharmed(patient):
        yield person


def trickling(sender: Person, client: str) -> bytes:
    """The beginning of a large body, from a client behind the proxy."""
    return slow.body_begun(sender, "Content-Length: 60000", f"X-Forwarded-For: {client}") + b'{"name":"'


def status_of_new_client(service: Service, source: str = "127.0.0.1", **headers: str) -> int:
    """The status of a small request on a connection of its own; 0 if that was ended."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE, source_address=(source, 0))
    try:
        connection.request("POST", "/signin", b"{}", {"Content-Type": "application/json", **headers})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def test_connections_whose_bodies_trickle_make_room_for_new_clients(reader: Person) -> None:
    begins = [trickling(reader, "192.0.2.1"), trickling(reader, "192.0.2.2")]
    with (
        slow.crowd(reader.service, MOST // 2, begins[0], slow.sends(b"x")) as some,
        slow.crowd(reader.service, MOST // 2, begins[1], slow.sends(b"x")) as others,
    ):
        new = partial(status_of_new_client, reader.service)
        wait_until(lambda: new() == 400, "room for a new client")
        assert [new() for _ in range(5)] == [400] * 5
        assert some.left + others.left >= MOST // 2


def test_a_client_behind_a_proxy_has_only_so_many_requests_that_wait_for_their_bodies(reader: Person) -> None:
    heard = slow.Heard(bytes)
    begin = trickling(reader, "192.0.2.3")
    with slow.crowd(reader.service, OF_ADDRESS + 5, begin, slow.sends(b"x", heard)) as people:
        wait_until(lambda: people.left <= OF_ADDRESS, "those over the limit to be ended")
        # Its slowest request makes room.
        content = b'{"name":"quick"}'
        request = slow.body_begun(reader, f"Content-Length: {len(content)}", "X-Forwarded-For: 192.0.2.3") + content
        wait_until(lambda: exchange(reader.service, request).status_code == 201, "room for another")
        assert people.left >= OF_ADDRESS - 10
    assert all(said.startswith(b"HTTP/1.1 503") for said in heard.values())


def test_an_address_has_only_so_many_connections_and_its_idle_ones_make_room(reader: Person) -> None:
    with slow.crowd(reader.service, OF_ADDRESS + 10, b"", slow.waits, source=DIRECT) as people:
        wait_until(lambda: people.left <= OF_ADDRESS, "those over the limit to be ended")
        assert status_of_new_client(reader.service, DIRECT) == 400
        assert status_of_new_client(reader.service) == 400
        assert people.left >= OF_ADDRESS - 2


def test_replies_that_are_not_read_take_little_memory(reader: Person) -> None:
    for _ in range(PATTERNS):
        reader.new_pattern(data={"notes": "x" * PATTERN_BYTES})
    assert reader.service.process is not None
    process = psutil.Process(reader.service.process.pid)
    length = len(reader.get("/patterns").content)
    before = process.memory_info().rss
    begun = slow.Heard(bytes)

    def reads_the_status(connection: socket.socket) -> bool:
        if len(begun[connection]) < 12:
            begun[connection] += connection.recv(12)
        return True

    begin = head("GET", "/patterns", f"Authorization: {reader.authorization}")
    with slow.crowd(reader.service, LISTS, begin, reads_the_status, receive_buffer=4096):
        wait_until(lambda: sum(len(said) == 12 for said in begun.values()) == LISTS, "all replies to begin")
        assert process.memory_info().rss - before < LISTS * length * 0.8
        assert {said[9:] for said in begun.values()} == {b"200", b"503"}
        assert reader.get("/account").status_code == 200


def test_a_client_gets_the_reply_that_rejects_its_body_after_it_has_sent_all_of_it(reader: Person) -> None:
    """More than the system keeps unread: a connection that is closed meanwhile would fail the client's sending."""
    connection = HTTPConnection("127.0.0.1", reader.service.port, timeout=PATIENCE)
    connection.request("POST", "/signup", b"x" * 20_000_000, {"Content-Type": "application/json"})
    assert connection.getresponse().status == 413
    connection.close()


def test_pipelined_requests_and_headers_without_end_are_rejected(reader: Person) -> None:
    many = exchange(reader.service, head("GET", "/health", *["X-Header: y"] * 100))
    assert many.status_code == 400
    for flood in (
        head("GET", "/health") * 5_000,
        head("POST", "/signup", "Content-Type: application/json", "Transfer-Encoding: chunked")
        + b"0\r\n"
        + b"X-Trailer: y\r\n" * 5_000,
    ):
        said = said_until_the_end(reader.service, flood)
        assert len(re.findall(rb"HTTP/1\.1 200", said)) < 100


def test_as_many_pipelined_requests_as_are_usual_are_answered(reader: Person) -> None:
    requests = head("GET", "/health") * 32 + head("GET", "/health", "Connection: close")
    assert len(re.findall(rb"HTTP/1\.1 200", said_until_the_end(reader.service, requests))) == 33


def said_until_the_end(service: Service, request: bytes) -> bytes:
    """All that the server says until it ends the connection."""
    said = b""
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as connection:
        try:
            connection.sendall(request)
            while piece := connection.recv(65_536):
                said += piece
        except ConnectionError:
            pass
    return said
