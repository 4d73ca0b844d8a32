"""Requests that are expensive to parse: large bodies are parsed off the event loop, long headers are rejected."""

import asyncio
import threading
from collections.abc import Iterable
from typing import Any

import pytest
from starlette.types import Message

from core import strict_json
from core.errors import BodyTooLarge, Overloaded
from middleware.reading import read
from middleware.validation import Body
from middleware.waiting import Waiting
from tests.matrix import on_sqlite
from tests.problems import problem
from tests.service import Person, Service

pytestmark = on_sqlite

LARGEST = 1_000_000
FEW, MANY = b'{"a":[' + b"1," * 900 + b"1]}", b'{"a":[' + b"1," * 1_100 + b"1]}"
LONG = b'{"a":"' + b"x" * 70_000 + b'"}'


class ThreadRecorder(Body):
    """A body that records the name of the thread that parses it."""

    def __init__(self) -> None:
        super().__init__({"x-max-bytes": LARGEST, "content": {"application/json": {"schema": {"type": "object"}}}})
        self.thread = ""

    def _parsed(self, *args: Any) -> Any:
        self.thread = threading.current_thread().name
        return super()._parsed(*args)


def scope(**headers: str) -> dict[str, Any]:
    sent = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return {
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "client": ("192.0.2.1", 1),
        "waiting": Waiting(10, client_seconds=20),
    }


async def decoded(body: Body, scope: dict[str, Any], content: bytes) -> Any:
    """Return the value of a body that is read and decoded."""
    return await body.value(scope, await read(scope, Client([content]).receive, LARGEST))


class Client:
    """Sends a body in these pieces, and counts those that were read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.pieces = list(pieces)
        self.read = 0

    async def receive(self) -> Message:
        self.read += 1
        return {"type": "http.request", "body": self.pieces[self.read - 1], "more_body": self.read < len(self.pieces)}


@pytest.mark.parametrize(
    ("content", "off_loop"),
    [
        pytest.param(b"{}", False, id="small"),
        pytest.param(FEW, False, id="few members"),
        pytest.param(MANY, True, id="many members"),
        pytest.param(LONG, True, id="long"),
    ],
)
def test_a_large_body_is_parsed_off_the_event_loop(content: bytes, off_loop: bool) -> None:
    body = ThreadRecorder()
    assert asyncio.run(decoded(body, scope(), content)) == strict_json.decode(content)
    assert body.thread.startswith("parsing") == off_loop


def test_a_body_with_many_members_reserves_memory_for_them() -> None:
    async def two_at_a_time() -> Any:
        body, first, second = ThreadRecorder(), scope(), scope()
        first["waiting"] = second["waiting"] = Waiting(10, 20, max_bytes=600_000)
        await decoded(body, first, MANY)
        with pytest.raises(Overloaded):
            await decoded(body, second, MANY)
        first["waiting"].release(first["reserved"])
        assert await decoded(body, second, MANY)

    asyncio.run(two_at_a_time())


def test_a_body_whose_content_length_is_over_the_limit_is_not_read() -> None:
    client = Client([b"x"])
    with pytest.raises(BodyTooLarge):
        asyncio.run(read(scope(content_length="11"), client.receive, 10))
    assert client.read == 0


def test_a_chunked_body_is_read_up_to_the_limit() -> None:
    assert asyncio.run(read(scope(), Client([b"x"] * 10).receive, 10)) == b"x" * 10
    client = Client([b"x"] * 20)
    with pytest.raises(BodyTooLarge):
        asyncio.run(read(scope(), client.receive, 10))
    assert client.read == 11


def test_a_header_that_is_too_long_to_parse_is_rejected(sender: Person) -> None:
    long = ", ".join(["application/json"] * 200)
    assert sender.request("GET", "/sets", headers={"Accept": long[:2_000]}).status_code == 200
    problem(sender.request("GET", "/sets", headers={"Accept": long}), 406, "notAcceptable")
    headers = {"Content-Type": "application/json;" + "x=y;" * 500}
    problem(sender.request("POST", "/sets", content=b"{}", headers=headers), 415, "unsupportedMediaType")


def test_a_static_file_ignores_ranges(service: Service) -> None:
    reply = service.http.get("/web/style.css", headers={"Range": "bytes=0-1,3-4"})
    assert reply.status_code == 200 and len(reply.content) > 100
    assert reply.headers["accept-ranges"] == "none"
