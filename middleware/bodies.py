"""Request headers, the media type of a body, and HTML forms."""

import re
from collections.abc import Collection
from io import BytesIO

from starlette.types import Scope
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from core.errors import MalformedBody, UnsupportedMediaType

MOST_FORM_FIELDS = 100
# A longer header is not parsed: 32 kB of `Accept` take 90 ms.
LONGEST_HEADER = 2_000
_UTF8 = re.compile(r"\s*charset\s*=\s*(utf-?8|\"utf-?8\"|'utf-?8')\s*")


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return the value of the first header with this lower-case name."""
    for present, value in scope["headers"]:
        if present == name:
            return bytes(value)
    return None


def media_type(scope: Scope, allowed: Collection[str]) -> str:
    """Return the media type of the body. Raise UnsupportedMediaType unless it is allowed, UTF-8 and unencoded."""
    sent = [value for name, value in scope["headers"] if name == b"content-type"]
    usable = len(sent) == 1 and len(sent[0]) <= LONGEST_HEADER
    kind, *parameters = sent[0].decode("latin-1").lower().split(";") if usable else [""]
    charsets = [parameter for parameter in parameters if "charset" in parameter]
    if kind.strip() not in allowed or not all(_UTF8.fullmatch(charset) for charset in charsets):
        raise UnsupportedMediaType(f"Send the body as {' or '.join(allowed)}, in UTF-8.")
    if (header(scope, b"content-encoding") or b"identity").strip().lower() != b"identity":
        raise UnsupportedMediaType("Send the body without a content encoding.")
    return kind.strip()


def decode_form(scope: Scope, raw: bytes | bytearray) -> dict[str, str]:
    """Return the fields of an HTML form in either media type, without files; raise MalformedBody.

    Each part of `multipart/form-data` must have a name (RFC 7578, section 4.2).
    """
    kind, options = parse_options_header((header(scope, b"content-type") or b"").decode("latin-1"))
    parser = FormDataParser(silent=False, max_form_parts=MOST_FORM_FIELDS)
    try:
        _, fields, files = parser.parse(BytesIO(raw), kind, len(raw), options)
    except RequestEntityTooLarge:
        raise MalformedBody(f"The form has more than {MOST_FORM_FIELDS} fields.") from None
    except ValueError:
        raise MalformedBody("The body is not a form.") from None
    if None in fields or None in files:
        raise MalformedBody("A part of the form has no name.")
    return fields.to_dict()
