"""The outermost middlewares without the others, for responses that a running server does not return."""

import asyncio
import logging
from functools import partial
from typing import Any

import orjson
import pytest
from starlette.types import ASGIApp

from middleware.charges import Charges
from middleware.envelope import Envelope
from middleware.problems import Problems
from services.container import Services
from tests.service_container import services_on


def enveloped(app: ASGIApp, services: Services | None = None, *, base: str = "") -> ASGIApp:
    """The application in the envelope."""
    services = services or services_on()
    return Envelope(app, metrics=services.metrics, usage=services.usage, base=base)


def problems_of(app: ASGIApp) -> ASGIApp:
    """The application within the error boundary."""
    services = services_on()
    return Problems(app, charges=Charges(services.limits, services.notices, services.metrics))


def reply_of(app: ASGIApp) -> tuple[dict[str, Any], bytes]:
    """Return the head and the body of the response to a GET."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("no body is read")

    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": [], "client": None}

    async def call() -> None:
        await app(scope, receive, send)

    asyncio.run(call())
    return sent[0], b"".join(message.get("body", b"") for message in sent[1:])


async def cancelled(_scope: Any, _receive: Any, send: Any, *, started: bool = False) -> None:
    """An application whose request is cancelled, as when the process stops."""
    if started:
        await send({"type": "http.response.start", "status": 200, "headers": []})
    raise asyncio.CancelledError


async def fails(*_: Any) -> None:
    """An application with a fault."""
    raise RuntimeError("SELECT secret FROM /etc/passwd")


@pytest.mark.parametrize(
    ("base", "expected"),
    [("https://api.example.org", [b"max-age=31536000"]), ("http://127.0.0.1:8000", [])],
)
def test_responses_have_hsts_if_the_public_url_is_https(base: str, expected: list[bytes]) -> None:
    head, _ = reply_of(enveloped(problems_of(fails), base=base))
    assert [value for name, value in head["headers"] if name == b"strict-transport-security"] == expected


def test_an_unexpected_error_is_logged_and_reveals_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        head, body = reply_of(enveloped(problems_of(fails)))
    problem = orjson.loads(body)
    assert head["status"] == 500 and problem["error"] == "internalError"
    assert not any(word in body.decode() for word in ("SELECT", "passwd", "RuntimeError", "Traceback"))
    assert "SELECT secret" in caplog.text
    assert problem["instance"].removeprefix("urn:uuid:") in caplog.text


def test_a_request_that_is_cancelled_gets_503() -> None:
    head, body = reply_of(enveloped(problems_of(cancelled)))
    assert (head["status"], orjson.loads(body)["error"]) == (503, "unavailable")


def test_a_response_that_is_cancelled_closes_the_connection() -> None:
    cuts: list[str] = []

    async def cuttable(scope: Any, receive: Any, send: Any) -> None:
        scope["cut"] = partial(cuts.append, "cut")
        await problems_of(partial(cancelled, started=True))(scope, receive, send)

    head, body = reply_of(enveloped(cuttable))
    assert (head["status"], body, cuts) == (200, b"", ["cut"])
