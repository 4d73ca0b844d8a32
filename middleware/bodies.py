"""Reading request bodies within limits, and decoding forms."""

import asyncio
import re
from collections.abc import Collection
from io import BytesIO

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from errors import BodyTooLarge, BodyTooSlow, MalformedBody, UnsupportedMediaType

MOST_BYTES = 12_000_000
# The only forms are those that mail programs send, of a single field.
MOST_FORM_BYTES = 20_000
MOST_FORM_FIELDS = 100
_UTF8 = re.compile(r"\s*charset\s*=\s*(utf-?8|\"utf-?8\"|'utf-?8')\s*")


# Bytes a second that must come on average, once a client has had its first seconds.
LEAST_RATE = 1_000
_client_seconds = 20.0


def configure(client_seconds: float) -> None:
    """How long a client may send nothing of a body."""
    global _client_seconds
    _client_seconds = client_seconds


async def read(scope: Scope, receive: Receive, most: int = MOST_BYTES) -> bytes:
    """The whole body, chunked or not; raises BodyTooLarge, and BodyTooSlow, as soon as it is known to be."""
    announced = header(scope, b"content-length")
    if announced is not None and announced.isdigit() and int(announced[:12]) > most:
        raise _too_large(most)
    try:
        async with asyncio.timeout(_client_seconds) as limit:
            return await _whole(receive, limit, most)
    except TimeoutError:
        # As above: half a request is still on the connection.
        raise BodyTooSlow("The body did not come in time.", headers={"Connection": "close"}) from None


async def _whole(receive: Receive, limit: asyncio.Timeout, most: int) -> bytes:
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
        if size > most:
            raise _too_large(most)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)
        limit.reschedule(_client_seconds + min(now(), begun + size / LEAST_RATE))


def _too_large(most: int) -> BodyTooLarge:
    # What is left of the body is not read: the connection cannot be used again.
    return BodyTooLarge(f"The body may have at most {most} bytes.", headers={"Connection": "close"})


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
