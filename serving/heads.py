"""The head of a request: what of it is not valid HTTP/1.1 (RFC 9112), and the reply that says so."""

import re

import orjson

from core import clock
from core.errors import ValidationFailed
from core.problem_types import PROBLEM_TYPES, problem

# Headers that a request has once. Two of them are an attack, or a mistake of a proxy: each program on the way may
# believe another one.
SINGLE = frozenset((b"host", b"authorization", b"idempotency-key", b"transfer-encoding"))
# A name, an address of IPv4 or one of IPv6, and a port (RFC 3986, section 3.2.2), without user information.
_AUTHORITY = re.compile(rb"([A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")
NO_PATH = "The request target must be a path with an optional query."
_ABSOLUTE = re.compile(rb"https?://([^/?]*)(.*)", re.IGNORECASE)


class Malformed(ValueError):
    """The head is not valid; the message is a sentence for the client."""


def checked(method: bytes, target: bytes, version: str, headers: list[tuple[bytes, bytes]]) -> bytes:
    """Return the target as a path and a query, or `*`; raise Malformed."""
    if version not in ("1.0", "1.1"):
        raise Malformed("The version of the protocol must be HTTP/1.0 or HTTP/1.1.")
    single = _single(headers)
    if b"host" in single:
        if not _AUTHORITY.fullmatch(single[b"host"]):
            raise Malformed("The header Host is not a host with an optional port.")
    elif version == "1.1":
        raise Malformed("The header Host is missing.")
    if b"transfer-encoding" in single and (version == "1.0" or single[b"transfer-encoding"].lower() != b"chunked"):
        raise Malformed("The only Transfer-Encoding is chunked, and not in HTTP/1.0.")
    return _origin_form(method, target)


def _single(headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in SINGLE:
            if name in found:
                raise Malformed(f"The header {name.decode().title()} is there twice.")
            found[name] = value
    return found


def _origin_form(method: bytes, target: bytes) -> bytes:
    if target[:1] != b"/":
        absolute = _ABSOLUTE.fullmatch(target)
        if absolute is None and (target != b"*" or method != b"OPTIONS"):
            raise Malformed(NO_PATH)
        target = _of_absolute(*absolute.groups()) if absolute else target
    if b"#" in target:
        raise Malformed(NO_PATH)
    return target


def _of_absolute(authority: bytes, rest: bytes) -> bytes:
    if not _AUTHORITY.fullmatch(authority):
        raise Malformed("The request target does not name a host.")
    return rest if rest.startswith(b"/") else b"/" + rest


def size(target: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    """Return how many bytes the head has, but for its method and version."""
    return len(target) + sum(len(name) + len(value) + len(b": \r\n") for name, value in headers)


def has_body(headers: list[tuple[bytes, bytes]]) -> bool:
    """Return whether a body follows."""
    given = dict(headers)
    return b"transfer-encoding" in given or given.get(b"content-length", b"0") != b"0"


def rejection(detail: str, method: bytes, headers: list[tuple[bytes, bytes]], base: str) -> bytes:
    """Return a whole reply with status 400 in the shape of all errors, after which the connection is closed.

    `headers` are those of every reply; `base` is the address where clients reach the server.
    """
    request_id = clock.new_request_id()
    content = orjson.dumps(
        problem(PROBLEM_TYPES[ValidationFailed], detail=detail, instance=f"urn:uuid:{request_id}", base=base)
    )
    lines = [
        b"HTTP/1.1 400 Bad Request",
        *(name + b": " + value for name, value in headers if name != b"connection"),
        b"content-type: application/json; charset=utf-8",
        b"content-length: %d" % len(content),
        b"cache-control: no-store",
        b"x-content-type-options: nosniff",
        b"x-request-id: " + request_id.encode(),
        b"connection: close",
    ]
    return b"\r\n".join([*lines, b"", b"" if method == b"HEAD" else content])
