"""What a program reads of a `Link` header."""

import re
from urllib.parse import parse_qs, urlsplit


def next_cursor(link: str | None) -> str | None:
    """The cursor of the page after this one; None where this is the last."""
    found = re.fullmatch(r'<([^>]+)>; rel="next"', link or "")
    return parse_qs(urlsplit(found[1]).query)["cursor"][0] if found else None
