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

MOST_FORM_FIELDS = 100
# A longer header is not parsed: 32 kB of `Accept` take 90 ms.
LONGEST_HEADER = 2_000
_UTF8 = re.compile(r"\s*charset\s*=\s*(utf-?8|\"utf-?8\"|'utf-?8')\s*")


# Bytes a second that must come on average, once a client has had its first seconds.
LEAST_RATE = 1_000
_client_seconds = 20.0


def configure(client_seconds: float) -> None:
    """How long a client may send nothing of a body."""
    global _client_seconds
    _client_seconds = client_seconds


async def read(scope: Scope, receive: Receive, most: int) -> bytes | bytearray:
    """Return the whole body, chunked or not, of at most `most` bytes.

    Raise BodyTooLarge before anything is read if `Content-Length` is over the limit, else at the first byte over
    it; raise BodyTooSlow as soon as the body is late.
    """
    announced = header(scope, b"content-length")
    if announced is not None and announced.isdigit() and int(announced[:12]) > most:
        raise _too_large(most)
    try:
        async with asyncio.timeout(_client_seconds) as limit:
            return await _whole(receive, limit, most)
    except TimeoutError:
        # As above: half a request is still on the connection.
        raise BodyTooSlow("The body did not come in time.", headers={"Connection": "close"}) from None


async def _whole(receive: Receive, limit: asyncio.Timeout, most: int) -> bytes | bytearray:
    # Not a list: pieces of one byte would take fifty times their size.
    whole = bytearray()
    now = asyncio.get_running_loop().time
    begun = now()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        if len(whole) + len(chunk) > most:
            raise _too_large(most)
        more = message.get("more_body", False)
        if not more and not whole:
            return chunk
        whole += chunk
        if not more:
            return whole
        limit.reschedule(_client_seconds + min(now(), begun + len(whole) / LEAST_RATE))


def _too_large(most: int) -> BodyTooLarge:
    # What is left of the body is not read: the connection cannot be used again.
    return BodyTooLarge(f"The body may have at most {most:,} bytes.", headers={"Connection": "close"})


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header with this lower-case name."""
    for found, value in scope["headers"]:
        if found == name:
            return bytes(value)
    return None


def media_type(scope: Scope, allowed: Collection[str]) -> str:
    """Which of the allowed media types the body says it has; raises UnsupportedMediaType unless one, in UTF-8."""
    given = [value for name, value in scope["headers"] if name == b"content-type"]
    usable = len(given) == 1 and len(given[0]) <= LONGEST_HEADER
    kind, *parameters = given[0].decode("latin-1").lower().split(";") if usable else [""]
    charsets = [parameter for parameter in parameters if "charset" in parameter]
    if kind.strip() not in allowed or not all(_UTF8.fullmatch(charset) for charset in charsets):
        raise UnsupportedMediaType(f"Send the body as {' or '.join(allowed)}, in UTF-8.")
    if (header(scope, b"content-encoding") or b"identity").strip().lower() != b"identity":
        raise UnsupportedMediaType("Send the body without a content encoding.")
    return kind.strip()


def decode_form(scope: Scope, raw: bytes | bytearray) -> dict[str, str]:
    """Return the fields of an HTML form in either media type, without files; raise MalformedBody."""
    kind, options = parse_options_header((header(scope, b"content-type") or b"").decode("latin-1"))
    parser = FormDataParser(silent=False, max_form_parts=MOST_FORM_FIELDS)
    try:
        _, fields, _ = parser.parse(BytesIO(raw), kind, len(raw), options)
    except (ValueError, RequestEntityTooLarge):
        raise MalformedBody("The body is not a form.") from None
    return fields.to_dict()
