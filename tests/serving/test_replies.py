"""Replies on the wire: a head and its body together, and a head alone where there is no body."""

import re
import socket

import pytest

from tests.service import PATIENCE, Person, Service
from tests.wire import exchange, head

# HTTP, not storage, is the subject.
pytestmark = pytest.mark.parametrize("service", ["sqlite"], indirect=True)


def _connected(service: Service) -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE)


@pytest.mark.parametrize(("method", "end"), [("GET", b"}"), ("HEAD", b"\r\n\r\n")])
def test_a_reply_comes_in_one_piece_and_at_once(service: Service, method: str, end: bytes) -> None:
    with _connected(service) as connection:
        for _ in range(100):
            connection.sendall(head(method, "/health"))
            said = connection.recv(65_536)
            assert said.startswith(b"HTTP/1.1 200") and said.endswith(end)


def test_pipelined_requests_are_answered_in_their_order(service: Service) -> None:
    requests = [head("GET", "/health"), head("HEAD", "/health"), head("GET", "/nowhere"), head("GET", "/health")]
    with _connected(service) as connection:
        connection.sendall(b"".join(requests[:-1]) + head("GET", "/health", "Connection: close"))
        said = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert re.findall(rb"HTTP/1\.1 (\d+)", said) == [b"200", b"200", b"404", b"200"]


def test_a_client_that_waits_for_leave_to_send_its_body_is_given_it(alice: Person) -> None:
    body = b'{"name": "after 100"}'
    headers = (
        f"Authorization: {alice.authorization}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Expect: 100-continue",
    )
    with _connected(alice.service) as connection:
        connection.sendall(head("POST", "/sets", *headers))
        assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 201")


def test_a_reply_with_nothing_in_it_comes_whole(alice: Person) -> None:
    made = alice.new_set()
    reply = exchange(alice.service, head("DELETE", f"/sets/{made['id']}", f"Authorization: {alice.authorization}"))
    assert (reply.status_code, reply.content) == (204, b"")


def test_a_large_reply_comes_whole(service: Service) -> None:
    reply = exchange(service, head("GET", "/openapi.json"))
    assert len(reply.content) == int(reply.headers["content-length"]) > 500_000
