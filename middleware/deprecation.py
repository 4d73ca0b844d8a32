"""Response headers of deprecated operations.

From the document: the dates `x-deprecated-since` and `x-sunset` beside `deprecated: true`.
"""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from services.address import PublicAddress


def headers(operation: dict[str, Any], address: PublicAddress) -> list[tuple[bytes, bytes]]:
    """Return the headers of each response of a deprecated operation (RFC 9745, RFC 8594); none of any other."""
    if not operation.get("deprecated"):
        return []
    since, until = _begin(operation["x-deprecated-since"]), _begin(operation["x-sunset"])
    page = address.of(f"/docs/#/{quote(operation['tags'][0])}/{operation['operationId']}")
    return [
        (b"deprecation", f"@{since.timestamp():.0f}".encode()),
        (b"sunset", format_datetime(until, usegmt=True).encode()),
        (b"link", f'<{page}>; rel="deprecation"; type="text/html"'.encode()),
    ]


def _begin(date: str) -> datetime:
    return datetime.fromisoformat(date).replace(tzinfo=UTC)
