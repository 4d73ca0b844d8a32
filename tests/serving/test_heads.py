"""Heads of requests that RFC 9112 forbids, and what comes of them on the connection."""

import contextlib
import json
import socket
from http.client import HTTPResponse

import pytest

from tests.problems import problem
from tests.service import PATIENCE, Person, Service
from tests.wire import Reply, exchange

pytestmark = pytest.mark.parametrize("service", ["sqlite"], indirect=True)
GOOD = "GET /health HTTP/1.1\r\nHost: test"
MALFORMED = {
    "no Host": "GET /health HTTP/1.1",
    "two Hosts": "GET /health HTTP/1.1\r\nHost: test\r\nHost: test",
    "two Hosts in HTTP/1.0": "GET /health HTTP/1.0\r\nHost: test\r\nHost: test",
    "an empty Host": "GET /health HTTP/1.1\r\nHost:",
    "a Host with user information": "GET /health HTTP/1.1\r\nHost: user@test",
    "a Host with a path": "GET /health HTTP/1.1\r\nHost: test/path",
    "two hosts in Host": "GET /health HTTP/1.1\r\nHost: a, b c",
    "a port that is no number": "GET /health HTTP/1.1\r\nHost: test:http",
    "an absolute target without a Host": "GET http://test/health HTTP/1.1",
    "an absolute target with user information": "GET http://user@test/health HTTP/1.1\r\nHost: test",
    "an absolute target without a host": "GET http:///health HTTP/1.1\r\nHost: test",
    "a target of another scheme": "GET ftp://test/health HTTP/1.1\r\nHost: test",
    "a target with a fragment": "GET /health#x HTTP/1.1\r\nHost: test",
    "an asterisk that is not of OPTIONS": "GET * HTTP/1.1\r\nHost: test",
    "the target of a tunnel": "CONNECT test:443 HTTP/1.1\r\nHost: test:443",
    "a folded line": f"{GOOD}\r\nX-Folded: a\r\n b",
    "a space before a colon": "GET /health HTTP/1.1\r\nHost : test",
    "a line that ends without CR": "GET /health HTTP/1.1\r\nHost: test\nX: y",
    "a NUL": f"{GOOD}\r\nX: a\0b",
    "two Authorizations": f"{GOOD}\r\nAuthorization: Bearer a\r\nAuthorization: Bearer a",
    "two Idempotency-Keys": f"{GOOD}\r\nIdempotency-Key: a\r\nIdempotency-Key: a",
    "chunks in HTTP/1.0": "POST /signup HTTP/1.0\r\nHost: test\r\nTransfer-Encoding: chunked",
    "an upgrade with a body": f"{GOOD}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2",
    "another protocol": "PRI * HTTP/2.0\r\n\r\nSM",
    "HTTP/0.9": "GET /health",
}


@pytest.mark.parametrize("head", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_head_gets_400_in_the_shape_of_all_errors_and_ends_the_connection(
    service: Service, head: str
) -> None:
    reply = exchange(service, head.encode() + b"\r\n\r\n")
    body = problem(reply, 400, "validationFailed")
    assert reply.headers["connection"] == "close"
    assert body["type"] == f"{service.url}/docs/errors#validationFailed"


def test_a_malformed_head_of_head_gets_no_body(service: Service) -> None:
    assert exchange(service, b"HEAD /health HTTP/1.1\r\n\r\n").content == b""
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as connection:
        connection.sendall(b"HEAD /health HTTP/1.1\r\n\r\n")
        answered = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answered.startswith(b"HTTP/1.1 400 ") and answered.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("pieces", [1, 4])
@pytest.mark.parametrize(("size", "status"), [(31_000, 200), (34_000, 400), (200_000, 400)])
def test_a_head_over_32_kb_is_rejected_however_it_arrives(
    service: Service, size: int, status: int, pieces: int
) -> None:
    head = f"{GOOD}\r\nX-Padding: ".encode().ljust(size - 4, b"x") + b"\r\n\r\n"
    length = size // pieces
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as connection:
        for start in range(0, size, length):
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may be rejected already
                connection.sendall(head[start : start + length])
            # The response of another connection shows that the server has read this piece.
            assert service.http.get("/health").status_code == 200
        reply = HTTPResponse(connection)
        reply.begin()
        assert reply.status == status
        assert status == 200 or "more than 32,768 bytes" in json.loads(reply.read())["detail"]


@pytest.mark.parametrize(
    "head",
    [
        "GET /health HTTP/1.0",
        "GET /health HTTP/1.1\r\nHost: [::1]:8000",
        "GET /health HTTP/1.1\r\nHost: xn--bcher-kva.example:80",
        "GET http://other.example/health?x=1 HTTP/1.1\r\nHost: test",
        "GET HTTPS://other.example:443/health HTTP/1.1\r\nHost: test",
        "GET http://other.example HTTP/1.1\r\nHost: test",
        "GET http://other.example?x HTTP/1.1\r\nHost: test",
        f"{GOOD}\r\nConnection: Upgrade\r\nUpgrade: h2c",
    ],
)
def test_an_unusual_head_that_the_standard_allows_is_accepted(service: Service, head: str) -> None:
    assert exchange(service, head.encode() + b"\r\n\r\n").status_code == 200


def test_two_content_types_are_no_media_type(service: Service) -> None:
    head = "POST /signup HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Type: application/json"
    problem(exchange(service, f"{head}\r\nContent-Length: 2\r\n\r\n{{}}".encode()), 415, "unsupportedMediaType")


def test_the_reply_to_an_earlier_request_is_whole_and_the_last_on_the_connection(service: Service) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as connection:
        connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: test\r\n\r\nno request\r\n\r\n")
        reply = HTTPResponse(connection)
        reply.begin()
        assert (reply.status, reply.getheader("connection")) == (200, "close")
        assert json.loads(reply.read())["openapi"] == "3.0.3"
        assert connection.recv(1) == b""


def test_a_malformed_chunk_gets_400_and_nothing_else(service: Service, alice: Person) -> None:
    head = f"POST /sets HTTP/1.1\r\nHost: test\r\nAuthorization: {alice.authorization}\r\nTransfer-Encoding: chunked"
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as connection:
        connection.sendall(f"{head}\r\n\r\n2\r\n{{}}\r\nno number\r\n".encode())
        reply = HTTPResponse(connection)
        reply.begin()
        problem(Reply(reply.status, reply.headers, reply.read()), 400, "validationFailed")
        assert connection.recv(1) == b""


def test_what_follows_a_request_for_another_protocol_is_not_lost_silently(service: Service) -> None:
    upgrade = f"{GOOD}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as connection:
        connection.sendall(upgrade * 2)
        answered = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answered.count(b"HTTP/1.1 200 OK") == 1 and b"connection: close" in answered
