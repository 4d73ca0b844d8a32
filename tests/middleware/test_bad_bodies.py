"""Bodies that are malformed, too large, or of a wrong media type: each gets its error, and nothing is stored."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx2
import pytest

from core import document
from tests.contract.test_document import SPEC, resolved
from tests.matrix import on_sqlite
from tests.problems import problem
from tests.service import PATIENCE, Person, Service
from tests.wire import exchange, head

pytestmark = on_sqlite

JSON = "application/json"
SMALL_BYTES, MOST_BYTES = 65_536, 12_000_000
GOOD = b'{"name":"a set"}'


@pytest.fixture
def _nothing_stored(sender: Person) -> Iterator[None]:
    before = sender.get("/sets").json(), sender.get("/apikeys").json()
    yield
    assert (sender.get("/sets").json(), sender.get("/apikeys").json()) == before


rejected = pytest.mark.usefixtures("_nothing_stored")


def send(sender: Person, content: bytes, content_type: str | None = JSON, path: str = "/sets") -> httpx2.Response:
    headers = {"Authorization": sender.authorization} | ({"Content-Type": content_type} if content_type else {})
    method = "PATCH" if path == "/account" else "POST"
    return sender.service.http.request(method, path, content=content, headers=headers)


# What the decoder rejects is tested in tests/core/test_strict_json.py. These bodies show that each body is decoded by
# it, whether on the event loop or (a large one) in a thread, and that the value must be an object.
MALFORMED = {
    "not UTF-8": b'{"name":"\xff"}',
    "a NUL byte": b"\x00",
    "an open object": b'{"name":"a"',
    "a list of 50,000 levels": b"[" * 50_000 + b"]" * 50_000,
    "an integer of millions of digits": b'{"name":"a","x":' + b"9" * 11_000_000 + b"}",
    "1e999 as a measurement": b'{"name":"a","measies":{"chest":1e999}}',
    "the same name twice": b'{"name":"a","name":"b"}',
    "a list": b"[]",
    "null": b"null",
    "a string": b'"name"',
}


@rejected
@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_a_body_that_is_not_a_strict_json_object_is_malformed(sender: Person, content: bytes) -> None:
    small = ("/apikeys", "/signup", "/signin") if len(content) <= SMALL_BYTES else ()
    for path in ("/sets", "/account", *small):
        body = problem(send(sender, content, path=path), 400, "malformedBody")
        assert "errors" not in body


ODD_BUT_GOOD = {
    "white space around it": b' \r\n\t{"name" : "odd"} ',
    "an ignored name with NUL": b'{"name":"odd","\\u0000":1,"measies":{"\\u0000":1}}',
    "integers of 400 digits in an ignored field": b'{"name":"odd","x":[%d,-%d]}' % (10**399, 10**399),
    "exactly 12 MB": b'{"name":"odd"' + b" " * (MOST_BYTES - 14) + b"}",
}


@pytest.mark.parametrize("content", ODD_BUT_GOOD.values(), ids=ODD_BUT_GOOD)
def test_unusual_but_valid_json_is_accepted(sender: Person, content: bytes) -> None:
    reply = send(sender, content)
    assert (reply.status_code, reply.json()["set"]["name"]) == (201, "odd")


@rejected
@pytest.mark.parametrize(
    ("path", "field", "code", "others"),
    [
        ("/sets", "name", "nameMissing", {}),
        ("/sets", "notes", "validationFailed", {"name": "a"}),
        ("/sets", "img", "validationFailed", {"name": "a"}),
        ("/apikeys", "name", "nameMissing", {"level": 1, "expiresIn": 60}),
        ("/account", "bio", "validationFailed", {}),
        ("/account", "username", "validationFailed", {}),
        ("/signin", "username", "validationFailed", {"password": "x"}),
        ("/signinlink", "username", "validationFailed", {}),
        ("/find/users", "match", "validationFailed", {}),
        ("/available/username", "username", "validationFailed", {}),
    ],
)
def test_a_nul_is_rejected(sender: Person, path: str, field: str, code: str, others: dict[str, object]) -> None:
    for text in ("\x00", "a\x00b", "\x00" * 150):
        body = problem(send(sender, json.dumps({**others, field: text}).encode(), path=path), 400, code)
        assert body["errors"][0]["pointer"] == f"/{field}"


@rejected
@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/vnd.api+json",
        "application/jsonx",
        "application/json, text/plain",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        'application/json; charset="utf-16"',
        "application/json; charset='utf-16'",
        "application/json ; charset = utf-16",
        "application/json; charset=",
        "application/json; charset=utf-16; x=y",
        "application/json; x=y; charset=iso-8859-1",
        "application/json; charset=utf-8; charset=utf-16",
        "*/*",
    ],
)
def test_a_content_type_other_than_json_in_utf_8_is_rejected(sender: Person, content_type: str | None) -> None:
    problem(send(sender, GOOD, content_type), 415, "unsupportedMediaType")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json;",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json; charset=utf8; x=y",
        "application/json; x=y",
    ],
)
def test_a_content_type_of_json_in_utf_8_is_accepted(sender: Person, content_type: str) -> None:
    assert send(sender, GOOD, content_type).status_code == 201


@rejected
def test_ambiguous_and_malformed_content_types_are_rejected(sender: Person) -> None:
    for headers in (
        ["Content-Type: application/json", "Content-Type: text/plain"],
        ["Content-Type: application/json", "Content-Type: application/json"],
        [b"Content-Type: \xff"],
        [b"Content-Type: application/json; charset=\xff"],
        ["Content-Type: " + "a" * 20_000],
        ["Content-Type: application/json", "Content-Encoding: gzip"],
        ["Content-Type: application/json", "Content-Encoding: br, identity"],
    ):
        length = f"Content-Length: {len(GOOD)}"
        request = head("POST", "/sets", f"Authorization: {sender.authorization}", length, *headers)
        problem(exchange(sender.service, request + GOOD), 415, "unsupportedMediaType")


def test_an_absent_body_needs_no_content_type(sender: Person) -> None:
    problem(send(sender, b"", None), 400, "nameMissing")
    problem(send(sender, b"", "text/plain"), 400, "nameMissing")
    assert send(sender, b"", None, "/account").status_code == 200
    assert send(sender, b"{}", path="/account").status_code == 200


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def in_chunks(sender: Person, body: bytes, path: str = "/sets") -> bytes:
    authorization = f"Authorization: {sender.authorization}"
    return head("POST", path, authorization, f"Content-Type: {JSON}", "Transfer-Encoding: chunked") + body


def test_a_chunked_body_needs_no_content_length(sender: Person) -> None:
    for body in (chunked(GOOD), chunked(*(GOOD[at : at + 1] for at in range(len(GOOD))))):
        assert exchange(sender.service, in_chunks(sender, body)).status_code == 201


@rejected
def test_an_empty_chunked_body_counts_as_absent(sender: Person) -> None:
    problem(exchange(sender.service, in_chunks(sender, chunked())), 400, "nameMissing")


def too_large(service: Service, request: bytes) -> None:
    reply = exchange(service, request)
    problem(reply, 413, "bodyTooLarge")
    assert reply.headers["connection"] == "close"


@rejected
@pytest.mark.parametrize("over", [1, 10**12, 10**18])
def test_a_body_over_the_limit_of_its_operation_is_rejected_before_it_is_sent(sender: Person, over: int) -> None:
    headers = (f"Authorization: {sender.authorization}", f"Content-Type: {JSON}", "Expect: 100-continue")
    for method, path, most in limits_of_all_operations():
        too_large(sender.service, head(method, path, *headers, f"Content-Length: {most + over}"))


def limits_of_all_operations() -> Iterator[tuple[str, str, int]]:
    """Yield method, path and maximum body size of each operation with a body."""
    for path, method, operation in document.operations(SPEC):
        if "requestBody" in operation:
            parameters = [resolved(parameter) for parameter in operation.get("parameters", ())]
            examples = {one["name"]: one["example"] for one in parameters if one["in"] == "path"}
            query = urlencode(
                {one["name"]: one["example"] for one in parameters if one["in"] == "query" and one.get("required")}
            )
            yield method.upper(), f"{path.format(**examples)}?{query}", operation["requestBody"]["x-max-bytes"]


@rejected
@pytest.mark.parametrize(("path", "most"), [("/apikeys", SMALL_BYTES), ("/sets", MOST_BYTES)])
def test_a_chunked_body_is_rejected_at_the_first_byte_over_the_limit(sender: Person, path: str, most: int) -> None:
    full = [b"[" * 65_536] * (most // 65_536) + [b"[" * (most % 65_536)] * (most % 65_536 > 0)
    too_large(sender.service, in_chunks(sender, chunked(*full, b"!", end=b""), path))
    problem(exchange(sender.service, in_chunks(sender, chunked(*full), path)), 400, "malformedBody")


@rejected
def test_a_whole_body_over_the_limit_is_rejected(sender: Person) -> None:
    problem(send(sender, b" " * (MOST_BYTES + 1)), 413, "bodyTooLarge")
    problem(send(sender, b" " * (SMALL_BYTES + 1), path="/apikeys"), 413, "bodyTooLarge")


def test_credentials_are_checked_before_the_body(service: Service) -> None:
    for content in (b"\xff", b"[" * 100_000, b" " * (MOST_BYTES + 1)):
        problem(service.http.post("/sets", content=content), 401, "unauthorized")


@rejected
def test_an_incomplete_body_stores_nothing(sender: Person) -> None:
    headers = (f"Authorization: {sender.authorization}", f"Content-Type: {JSON}", f"Content-Length: {len(GOOD)}")
    for unfinished in (head("POST", "/sets", *headers) + GOOD[:5], in_chunks(sender, chunked(GOOD, end=b""))):
        with socket.create_connection(("127.0.0.1", sender.service.port), timeout=PATIENCE) as connection:
            connection.sendall(unfinished)
    assert sender.service.is_alive()
