"""Lists in pages: `limit` and `cursor` in, `Link: rel="next"` out.

A cursor is the number of the last record that was seen, so that a walk neither repeats nor misses what was there when
it began, whatever is added or removed meanwhile. Clients must not look into it.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from services import address
from storage.tables import Record

MOST = 1000
# The greatest number that a database gives a row.
LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page:
    """What part of a list is asked for: at most `limit` records after the one numbered `after`."""

    limit: int
    after: int

    @property
    def window(self) -> dict[str, int]:
        """What storage is asked for: one record more than is shown tells whether there are more."""
        return {"limit": self.limit + 1, "after": self.after}


def page_of(limit: int | None, cursor: str | None) -> Page:
    """The page that the query asks for; all from the start, up to MOST, where it says nothing."""
    after = int.from_bytes(urlsafe_b64decode(cursor + "=")) & LAST if cursor else 0
    return Page(min(limit or MOST, MOST), after)


def shown(
    page: Page,
    rows: Sequence[Record],
    shape: Callable[[Record], Any],
    path: str,
    *,
    key: str = "id",
    **query: str | None,
) -> tuple[list[Any], dict[str, str]]:
    """The records of the page, and the headers that lead to the next one, if there is one.

    `path` is the list's clean path, `query` what else the request asked for.
    """
    headers = {}
    if len(rows) > page.limit:
        rows = rows[: page.limit]
        cursor = urlsafe_b64encode(int(rows[-1][key]).to_bytes(8)).decode().rstrip("=")
        asked = {name: value for name, value in query.items() if value is not None}
        address_of_next = address.of(f"{path}?{urlencode({**asked, 'limit': page.limit, 'cursor': cursor})}")
        headers = {"Link": f'<{address_of_next}>; rel="next"'}
    return [shape(row) for row in rows], headers
