"""The time that the server waits for its client is excluded from the log and from the histogram."""

import socket
import time
from array import array
from fcntl import ioctl
from termios import FIONREAD

import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest

from tests.operators.conftest import Watched
from tests.operators.test_logs import slow
from tests.service import PATIENCE, wait_until
from tests.wire import head

pytestmark = pytest.mark.parametrize("watched", ["sqlite"], indirect=True)
# How long a client keeps the server waiting.
HELD = 1.0


def own_seconds(watched: Watched, operation: str, calls: int) -> float:
    """What the only calls of an operation took, without their clients' time.

    The log says the same, or less where it suppressed repeated lines.
    """
    watched.becomes(calls, "freesewing_request_seconds_count", operation=operation)
    spent = watched.sample("freesewing_request_seconds_sum", operation=operation)
    assert spent is not None
    logged = [line["seconds"] for line in slow(watched, operation)]
    assert logged and sum(logged) <= spent + 0.001 * len(logged)
    return spent


def hold() -> float:
    """Let time pass; return how much."""
    begun = time.monotonic()
    wait_until(lambda: time.monotonic() > begun + HELD, "time to pass")
    return time.monotonic() - begun


def test_the_time_of_a_body_that_arrives_slowly_is_the_clients(watched: Watched) -> None:
    alice = watched.sign_up()
    body = b'{"type": "doc", "title": "slow", "url": "/docs"}'
    fields = (
        f"Authorization: {alice.authorization}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", watched.port), timeout=PATIENCE) as connection:
        connection.sendall(head("POST", "/bookmarks", *fields, "Expect: 100-continue"))
        assert connection.recv(1_000).startswith(b"HTTP/1.1 100 ")
        held = hold()
        connection.sendall(body)
        assert connection.recv(1_000).startswith(b"HTTP/1.1 201 ")
    taken = time.monotonic() - begun
    assert own_seconds(watched, "create_bookmark", 1) < taken - held / 2


def test_the_time_of_a_body_that_does_not_arrive_is_the_clients(watched: Watched) -> None:
    alice = watched.sign_up()
    fields = (f"Authorization: {alice.authorization}", "Content-Type: application/json", "Content-Length: 9")
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", watched.port), timeout=PATIENCE) as connection:
        connection.sendall(head("POST", "/patterns", *fields, "Expect: 100-continue"))
        assert connection.recv(1_000).startswith(b"HTTP/1.1 100 ")
        held = hold()
    watched.becomes(1, "freesewing_requests_total", operation="create_pattern", status="none")
    assert own_seconds(watched, "create_pattern", 1) < time.monotonic() - begun - held / 2


def test_the_time_of_a_reply_that_is_read_slowly_is_the_clients(watched: Watched) -> None:
    replies = 20
    begun = time.monotonic()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(PATIENCE)
        connection.connect(("127.0.0.1", watched.port))
        last = head("GET", "/openapi.yaml", "Connection: close")
        connection.sendall(head("GET", "/openapi.yaml") * (replies - 1) + last)
        wait_until(lambda: is_stalled(watched, connection), "the server to wait")
        held = hold()
        assert b"".join(iter(lambda: connection.recv(1_000_000), b"")).count(b"HTTP/1.1 200 ") == replies
    taken = time.monotonic() - begun
    assert own_seconds(watched, "read_openapi_yaml", replies) < taken - held / 2


def is_stalled(watched: Watched, connection: socket.socket) -> bool:
    """Whether the server waits for its client: the client has unread bytes, and the server sleeps."""
    waiting = array("i", [0])
    ioctl(connection, FIONREAD, waiting)
    assert watched.process is not None
    server = psutil.Process(watched.process.pid)
    return waiting[0] > 0 and all(_sleeps(server) for _ in range(10))


def _sleeps(server: psutil.Process) -> bool:
    time.sleep(0.02)
    return bool(server.status() == psutil.STATUS_SLEEPING)
