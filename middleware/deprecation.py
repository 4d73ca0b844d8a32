"""What is said of an operation that is going to end: since when and until when, and where to read of it.

From the document: `x-deprecated-since` and `x-sunset`, both dates, beside `deprecated: true`.
"""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from services.address import PublicAddress


def headers(operation: dict[str, Any], name: str, address: PublicAddress) -> list[tuple[bytes, bytes]]:
    """The headers of every reply of the operation called `name` (RFC 9745, RFC 8594); none if it is to stay."""
    if not operation.get("deprecated"):
        return []
    since, until = _begin(operation["x-deprecated-since"]), _begin(operation["x-sunset"])
    page = address.of(f"/docs/#/{quote(operation['tags'][0])}/{name}")
    return [
        (b"deprecation", f"@{since.timestamp():.0f}".encode()),
        (b"sunset", format_datetime(until, usegmt=True).encode()),
        (b"link", f'<{page}>; rel="deprecation"; type="text/html"'.encode()),
    ]


def _begin(date: str) -> datetime:
    return datetime.fromisoformat(date).replace(tzinfo=UTC)
