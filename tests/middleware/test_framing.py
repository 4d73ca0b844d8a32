"""Requests whose end is ambiguous, and paths that leave the folders of static files."""

import socket

import pytest

from tests.matrix import on_sqlite
from tests.problems import problem
from tests.service import PATIENCE, Service
from tests.wire import exchange, head

pytestmark = on_sqlite
SMUGGLED = b"GET /health HTTP/1.1\r\nHost: test\r\n\r\n"


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5", "Content-Length: 5"),
        ("Content-Length: 5, 5",),
        ("Content-Length: +5",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding : chunked",),
        ("Content-Length: 5\nX: y",),
    ],
    ids=" and ".join,
)
def test_a_request_with_an_ambiguous_length_is_rejected_and_ends_the_connection(
    service: Service, headers: tuple[str, ...]
) -> None:
    request = head("POST", "/signup", "Content-Type: application/json", *headers) + b"0\r\n\r\n" + SMUGGLED
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        answered = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answered.startswith(b"HTTP/1.1 400 ") and answered.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "path",
    [
        "/web/",
        "/web/../settings.py",
        "/web/%2e%2e/settings.py",
        "/web/..%2fsettings.py",
        "/web//etc/passwd",
        "/docs/assets/../../pyproject.toml",
        "/.git/config",
        "/data/secrets.json",
    ],
)
def test_neither_a_folder_nor_a_file_outside_the_static_ones_is_served(service: Service, path: str) -> None:
    problem(exchange(service, head("GET", path, "Connection: close")), 404, "notFound")
