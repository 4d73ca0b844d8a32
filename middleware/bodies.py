"""Reading and decoding request bodies, strictly and within limits."""

import asyncio
import json
import math
import re
from collections.abc import Collection
from io import BytesIO
from typing import Any

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from errors import BodyTooLarge, BodyTooSlow, MalformedBody, UnsupportedMediaType

MOST_BYTES = 12_000_000
MOST_DEPTH = 32
# Lists and objects together hold at most this many members: what takes a moment to read must not take seconds.
MOST_MEMBERS = 100_000
# Beyond so many the faster way of reading is not tried: looking through what it read would cost what it saves.
MOST_PLAIN = 1_000
HUGE = 2.0**63
# The only forms are those that mail programs send, of a single field.
MOST_FORM_BYTES = 20_000
MOST_FORM_FIELDS = 100
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_UTF8 = re.compile(r"\s*charset\s*=\s*(utf-?8|\"utf-?8\"|'utf-?8')\s*")


# Bytes a second that must come on average, once a client has had its first seconds.
LEAST_RATE = 1_000
_client_seconds = 20.0


def configure(client_seconds: float) -> None:
    """How long a client may send nothing of a body."""
    global _client_seconds
    _client_seconds = client_seconds


async def read(scope: Scope, receive: Receive) -> bytes:
    """The whole body, chunked or not; raises BodyTooLarge, and BodyTooSlow, as soon as it is known to be."""
    announced = header(scope, b"content-length")
    if announced is not None and announced.isdigit() and int(announced[:12]) > MOST_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(_client_seconds) as limit:
            return await _whole(receive, limit)
    except TimeoutError:
        # As above: half a request is still on the connection.
        raise BodyTooSlow("The body did not come in time.", headers={"Connection": "close"}) from None


async def _whole(receive: Receive, limit: asyncio.Timeout) -> bytes:
    chunks: list[bytes] = []
    size = 0
    now = asyncio.get_running_loop().time
    begun = now()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MOST_BYTES:
            raise _too_large()
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)
        limit.reschedule(_client_seconds + min(now(), begun + size / LEAST_RATE))


def _too_large() -> BodyTooLarge:
    # What is left of the body is not read: the connection cannot be used again.
    return BodyTooLarge(f"A body may have at most {MOST_BYTES} bytes.", headers={"Connection": "close"})


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header with this lower-case name."""
    for found, value in scope["headers"]:
        if found == name:
            return bytes(value)
    return None


def media_type(scope: Scope, allowed: Collection[str]) -> str:
    """Which of the allowed media types the body says it has; raises UnsupportedMediaType unless one, in UTF-8."""
    given = [value for name, value in scope["headers"] if name == b"content-type"]
    kind, *parameters = given[0].decode("latin-1").lower().split(";") if len(given) == 1 else [""]
    charsets = [parameter for parameter in parameters if "charset" in parameter]
    if kind.strip() not in allowed or not all(_UTF8.fullmatch(charset) for charset in charsets):
        raise UnsupportedMediaType(f"Send the body as {' or '.join(allowed)}, in UTF-8.")
    if (header(scope, b"content-encoding") or b"identity").strip().lower() != b"identity":
        raise UnsupportedMediaType("Send the body without a content encoding.")
    return kind.strip()


def decode_form(scope: Scope, raw: bytes) -> dict[str, str]:
    """The fields of an HTML form, of either of its media types, without files; raises MalformedBody."""
    if len(raw) > MOST_FORM_BYTES:
        raise MalformedBody(f"A form has at most {MOST_FORM_BYTES} bytes.")
    kind, options = parse_options_header((header(scope, b"content-type") or b"").decode("latin-1"))
    parser = FormDataParser(silent=False, max_form_parts=MOST_FORM_FIELDS)
    try:
        _, fields, _ = parser.parse(BytesIO(raw), kind, len(raw), options)
    except (ValueError, RequestEntityTooLarge):
        raise MalformedBody("The body is not a form.") from None
    return fields.to_dict()


def decode(raw: bytes) -> Any:
    """The JSON value; raises MalformedBody for all that is not strictly JSON (RFC 8259, I-JSON's unique names)."""
    if raw.count(b",") + raw.count(b"{") + raw.count(b"[") <= MOST_PLAIN:
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError:
            # What is wrong with it is told below.
            return _decode_strictly(raw)
        if _is_plain(value, raw.count(b":")):
            return value
    return _decode_strictly(raw)


def _is_plain(value: Any, colons: int) -> bool:
    """Whether orjson, which is ten times as fast, has read what we would have read.

    It takes the last of two members with the same name, and reads as a float what is no integer of 64 bits. There is
    at least a colon for each member that was sent: where each has one, none is lost.
    """
    members, level, depth = 0, [value], 0
    while level:
        depth += 1
        inner: list[Any] = []
        for item in level:
            if type(item) is dict:
                members += len(item)
                inner += item.values()
            elif type(item) is list:
                inner += item
            elif type(item) is float and not -HUGE < item < HUGE:
                return False
        level = inner
    return members == colons and depth <= MOST_DEPTH


def _decode_strictly(raw: bytes) -> Any:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedBody("The body is not UTF-8.") from None
    if text.count(",") + text.count("{") + text.count("[") > MOST_MEMBERS:
        raise MalformedBody(f"The body has more than {MOST_MEMBERS} members.")
    try:
        value = _decoder.decode(text)
    except RecursionError:
        raise MalformedBody(_TOO_DEEP) from None
    except ValueError as error:
        raise MalformedBody(_explain(error)) from None
    if text.count("{") + text.count("[") > MOST_DEPTH and _depth(value) > MOST_DEPTH:
        raise MalformedBody(_TOO_DEEP)
    if _SURROGATE.search(text):
        _refuse_half_pairs(value)
    return value


_TOO_DEEP = f"The body is nested deeper than {MOST_DEPTH} levels."


class _Unusable(ValueError):
    """Something that the grammar of JSON lets through and that we do not; says what."""


def _explain(error: ValueError) -> str:
    if isinstance(error, _Unusable):
        return str(error)
    if isinstance(error, json.JSONDecodeError):
        return f"The body is not JSON: line {error.lineno}, column {error.colno}."
    return "The body holds a number with too many digits."


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise _Unusable("An object has the same name twice.")
    return found


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Unusable("A number is too large.")
    return number


def _constant(text: str) -> Any:
    raise _Unusable("NaN and Infinity are not JSON.")


def _refuse_half_pairs(value: Any) -> None:
    """Raise MalformedBody where a string holds half of a surrogate pair, which the standard library lets through."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise MalformedBody("A string holds half of a surrogate pair.") from None


def _depth(value: Any) -> int:
    """How deep lists and objects are nested, walked level by level so that no depth can hurt."""
    depth = 0
    level = [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return depth


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_constant)
