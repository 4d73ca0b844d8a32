"""What the running server writes into its log."""

import json
import socket
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.operators.conftest import Watched
from tests.service import PASSWORD, PATIENCE, Service, wait_until
from tests.wire import exchange, head

OF_REQUESTS = {"request_id", "operation", "status", "seconds", "cause", "suppressed"}
OF_THE_START = {"version", "commit", "engine", "schema", "mail", "images", "redis", "limits"}
MEMBERS = {"time", "level", "logger", "message"} | OF_REQUESTS | OF_THE_START


def lines(service: Service) -> list[dict[str, Any]]:
    """The log; fails on a line that is not JSON."""
    return [json.loads(line) for line in service.log.read_text().splitlines()]


def slow(service: Service, operation: str) -> list[dict[str, Any]]:
    return [line for line in lines(service) if line.get("operation") == operation]


def test_every_line_is_json_with_time_level_logger_and_message_also_uvicorn_s(watched: Watched) -> None:
    written = lines(watched)
    assert written
    for line in written:
        assert {"time", "level", "logger", "message"} <= set(line)
        assert set(line) <= MEMBERS
    assert {line["logger"] for line in written} >= {"freesewing-api", "uvicorn.error"}
    assert all("request_id" not in line for line in written if line["logger"] == "uvicorn.error")


def test_a_slow_request_is_logged_with_its_id_operation_status_and_time(watched: Watched) -> None:
    alice = watched.sign_up()
    reply = alice.get("/sets/999999")
    wait_until(lambda: slow(watched, "read_set"), "the line")
    line = slow(watched, "read_set")[-1]
    assert line["level"] == "WARNING"
    assert line["request_id"] == reply.headers["X-Request-Id"]
    assert reply.json()["instance"] == f"urn:uuid:{line['request_id']}"
    assert (line["operation"], line["status"]) == ("read_set", 404) and line["seconds"] > 0
    assert line["message"].startswith(f"request {line['request_id']} was slow: read_set answered 404 after ")


def test_no_credentials_bodies_queries_or_addresses_are_logged(watched: Watched) -> None:
    alice = watched.sign_up()
    key = alice.new_key()
    alice.patch("/account", {"password": PASSWORD, "bio": "a body of mine"})
    watched.http.post("/signin", json={"username": alice.email, "password": PASSWORD})
    key.get("/sets?limit=7&cursor=nonsense")
    alice.get("/users/somebody?why=because")
    wait_until(lambda: slow(watched, "list_sets"), "the last line")
    text = watched.log.read_text()
    for secret in (
        alice.token,
        key.secret,
        PASSWORD,
        alice.email,
        "a body of mine",
        "nonsense",
        "because",
        "somebody",
    ):
        assert secret not in text
    started = [line for line in lines(watched) if line["logger"] not in ("freesewing-api", "uvicorn.error")]
    assert not any("127.0.0.1" in line["message"] for line in started)


def test_a_client_that_sends_nonsense_or_asks_slowly_writes_no_line_for_each_request(watched: Watched) -> None:
    seen, begun = len(lines(watched)), time.monotonic()
    for _ in range(40):
        with socket.create_connection(("127.0.0.1", watched.port), PATIENCE) as client:
            client.sendall(b"nonsense\r\n\r\n")
            while client.recv(4096):
                continue
        assert watched.http.get("/nothing/here").status_code == 404  # each request is slow for this server
    counts = Counter((line["logger"], line.get("operation")) for line in lines(watched)[seen:])
    assert ("services.observability.logs", "none") in counts
    assert max(counts.values()) <= 2 + time.monotonic() - begun


def test_lines_for_people_are_the_default_in_development_and_fast_requests_are_not_logged(tmp_path: Path) -> None:
    service = Service(tmp_path, slow_request_seconds="0")
    try:
        service.start()
        text = service.log.read_text()
    finally:
        service.close()
    assert f" INFO freesewing-api: documentation at {service.url}/docs/, console at {service.url}/console/\n" in text
    assert "slow" not in text and "{" not in text


@pytest.mark.parametrize("watched", ["sqlite"], indirect=True)
def test_malformed_requests_are_not_logged(watched: Watched) -> None:
    before = len(lines(watched))
    send_malformed(watched)
    watched.http.get("/health")
    wait_until(lambda: len(slow(watched, "check_health")) > 0, "the line of a later request")
    assert all(line["logger"] == "services.observability.logs" for line in lines(watched)[before:])


def test_malformed_requests_are_logged_for_debugging(tmp_path: Path) -> None:
    service = Service(tmp_path, log_level="debug", log_format="json", slow_request_seconds="0")
    try:
        service.start()
        send_malformed(service)
    finally:
        service.close()
    rejected = [line for line in lines(service) if line["logger"] == "serving.requests"]
    assert {line["level"] for line in rejected} == {"DEBUG"}
    assert {line["message"] for line in rejected} == {
        "rejected: This is not valid HTTP.",
        "rejected: The header Host is missing.",
    }
    assert not [line for line in lines(service) if line["level"] == "WARNING"]


def send_malformed(service: Service) -> None:
    """Two requests that get 400 from the HTTP server, and one for another protocol."""
    for malformed in (b"no request\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
        assert exchange(service, malformed).status_code == 400
    upgrade = head("GET", "/health", "Connection: Upgrade", "Upgrade: websocket")
    assert exchange(service, upgrade).status_code == 200
