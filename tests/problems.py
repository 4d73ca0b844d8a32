"""The one shape of every error, held against the document; and a server that came to no harm."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import jsonschema_rs

from core import document
from tests.service import Service

PROBLEM = jsonschema_rs.Draft4Validator(
    {"$ref": "#/components/schemas/Problem", "components": document.load()["components"]}
)


class Answer(Protocol):
    """What came back, however it was asked for."""

    @property
    def status_code(self) -> int: ...

    @property
    def headers(self) -> Any: ...

    def json(self) -> Any: ...


def problem(reply: Answer, status: int, code: str) -> dict[str, Any]:
    """The body of an error, which has this status and code, and the shape that the document states."""
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    body: dict[str, Any] = reply.json()
    assert (reply.status_code, body["error"]) == (status, code), body
    PROBLEM.validate(body)
    assert body["status"] == status
    assert body["type"].endswith(f"/docs/errors#{code}")
    assert body["instance"] == f"urn:uuid:{reply.headers['x-request-id']}"
    assert reply.headers["cache-control"] == "no-store"
    return body


@contextmanager
def unharmed(service: Service) -> Iterator[None]:
    """Afterwards the same process answers, and no error of its own is in its log."""
    seen = service.log.stat().st_size
    yield
    assert service.process is not None
    assert service.process.poll() is None
    assert service.is_alive()
    with service.log.open("rb") as log:
        log.seek(seen)
        assert b"Traceback" not in log.read()
