"""Lists in pages: `limit` and `cursor` in, `Link: rel="next"` out.

A page ends at `limit` records or at a number of bytes, whichever comes first. A cursor is the number of the last
record of a page, so that a client that follows the links neither repeats nor misses a record that was there at first,
whatever is added or removed meanwhile. Clients must not look into it.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import orjson

from handlers.support.prepared_responses import YAML, Prepared, as_it_is, yaml_of
from handlers.support.responses import JSON, body_of
from services.container import Services
from storage.engines.slices import LAST, Slice
from storage.schema.tables import Record

MOST = 1000
MOST_BYTES = 4_000_000
# A page of more rows or stored bytes is made off the event loop. To find that out takes SQLite 5 µs for each row.
SMALL_ROWS, SMALL_BYTES = 128, 256_000
# A record as JSON has at most so many times its stored bytes: a control character becomes six characters.
MOST_GROWTH = 6
# YAML takes fifty times as long to write as JSON.
MOST_YAML_BYTES = 400_000
NO_QUERY: Mapping[str, str | None] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Page:
    """What part of a list is asked for: at most `limit` records after the one numbered `after`."""

    limit: int
    after: int

    @property
    def window(self) -> dict[str, int]:
        """What storage is asked for: one record more than is shown tells whether there are more."""
        return {"limit": self.limit + 1, "after": self.after}

    def link(self, services: Services, path: str, last: int, query: Mapping[str, str | None]) -> dict[str, str]:
        """The header that leads to the page after the record numbered `last`.

        `path` is the list's clean path, `query` what else the request asked for.
        """
        cursor = urlsafe_b64encode(last.to_bytes(8)).decode().rstrip("=")
        asked = {name: value for name, value in query.items() if value is not None}
        address_of_next = services.address.of(f"{path}?{urlencode({**asked, 'limit': self.limit, 'cursor': cursor})}")
        return {"Link": f'<{address_of_next}>; rel="next"'}


def page_of(limit: int | None, cursor: str | None) -> Page:
    """The page that the query asks for; all from the start, up to MOST, where it says nothing."""
    after = int.from_bytes(urlsafe_b64decode(cursor + "=")) & LAST if cursor else 0
    return Page(min(limit or MOST, MOST), after)


def shown(
    services: Services,
    page: Page,
    rows: Sequence[Record],
    shape: Callable[[Record], Any],
    path: str,
    **query: str | None,
) -> tuple[list[Any], dict[str, str]]:
    """The records of a page, and the headers that lead to the next one, if there is one.

    Only for records so small that MOST of them stay below MOST_BYTES. Other lists are a `Listing`.
    """
    headers = {}
    if len(rows) > page.limit:
        rows = rows[: page.limit]
        headers = page.link(services, path, int(rows[-1]["id"]), query)
    return [shape(row) for row in rows], headers


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of records of any size: its clean path, the serializer of a record, the encoder of a page's records.

    With `encoded`, the serializer gets stored JSON as an `orjson.Fragment` and must pass it on as it is.
    """

    path: str
    serialize: Callable[[Record], Any]
    encode: Callable[[list[Any]], bytes]
    media_type: str = JSON
    encoded: bool = False
    most_bytes: int = MOST_BYTES
    # A page of up to so many stored bytes is made on the event loop.
    small_bytes: int = SMALL_BYTES

    async def page(
        self,
        services: Services,
        limit: int | None,
        cursor: str | None,
        read: Callable[..., Slice],
        *args: Any,
        query: Mapping[str, str | None] = NO_QUERY,
        **filters: Any,
    ) -> Prepared:
        """Return the page that the request selects, with the link to the next one, which repeats `query`.

        `read` is called as `read(connection, *args, **filters, limit=…, after=…, most_bytes=…)`.
        """
        page = page_of(limit, cursor)
        part = {**filters, "limit": page.limit, "after": page.after}
        # While a large page of the list is made it needs no look whether it is small.
        if self.small_bytes and not services.storage.is_reading_large(read, *args):
            most = min(page.limit, SMALL_ROWS)
            found = await services.storage.read(read, *args, **{**part, "limit": most}, most_bytes=self.small_bytes)
            if found.stored_bytes <= self.small_bytes and (most == page.limit or not found.has_more):
                return self._prepared(services, page, query, found)
        made = partial(self._prepared, services, page, query)
        return await services.storage.read_large(made, read, *args, **part, most_bytes=self.most_bytes)

    def _prepared(self, services: Services, page: Page, query: Mapping[str, str | None], found: Slice) -> Prepared:
        records: list[Any] = []
        last, has_more, left = 0, found.has_more, self.most_bytes
        may_exceed = found.stored_bytes * MOST_GROWTH > self.most_bytes
        for row in found.records(encoded=self.encoded):
            record = self.serialize(row)
            left -= len(orjson.dumps(record)) if may_exceed else 0
            if left < 0 and records:
                has_more = True
                break
            records.append(record)
            last = row["id"]
        link = page.link(services, self.path, last, query) if has_more else {}
        return as_it_is(self.encode(records), self.media_type, link)


def yaml_listing(path: str, serialize: Callable[[Record], Any]) -> Listing:
    """A list in YAML, whose pages are all made off the event loop."""
    return Listing(path, serialize, yaml_of, YAML, most_bytes=MOST_YAML_BYTES, small_bytes=0)


def member(name: str) -> Callable[[list[Any]], bytes]:
    """The encoder of a reply that has its records in one member."""
    return lambda records: body_of(**{name: records})
