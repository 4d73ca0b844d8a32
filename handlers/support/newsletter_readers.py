"""Recipients of the newsletter by language: one page, or all of them, streamed."""

from functools import partial
from typing import Any, NamedTuple

import orjson
from starlette.responses import Response

from handlers.serializers.accounts import subscriber_for_administrator
from handlers.support import account_data
from handlers.support.account_data import Chunks, StreamedDocument
from handlers.support.paging import Page, shown
from handlers.support.responses import PRIVATE, success
from services.container import Services
from storage import subscribers
from storage.schema.tables import Record

LANGUAGES = ("en", "de", "es", "fr", "nl", "uk")
# Rows of a slice: PostgreSQL's are decrypted on the event loop, in less than a millisecond.
SLICE_ROWS = 200


class _Encoded(NamedTuple):
    body: bytes
    last: int


async def page(services: Services, page: Page) -> Response:
    """Return a page, with the link to the next one."""
    window = page.window
    rows = await services.storage.read_in_background(
        subscribers.readers, limit=window["limit"], after=window["after"]
    )
    listed, link = shown(services, page, rows, dict, "/admin/subscribers")
    grouped: dict[str, list[Any]] = {language: [] for language in LANGUAGES}
    for row in listed:
        grouped[row["language"]].append(subscriber_for_administrator(row))
    return success(subscribers=grouped, headers={**PRIVATE, **link})


def everyone(services: Services) -> Response:
    """Return all of them, streamed."""
    members = {language: _of_language(services, language) for language in LANGUAGES}
    chunks = account_data.document(members, begin=b'{"result":"success","subscribers":{', end=b"}}")
    return StreamedDocument(chunks, headers=PRIVATE)


async def _of_language(services: Services, language: str) -> Chunks:
    """Yield them as JSON, separated by commas, a slice at a time."""
    after = 0
    while True:
        read = partial(subscribers.readers, limit=SLICE_ROWS, after=after, language=language)
        found = await services.storage.read_large(_encode, read)
        if not found.body:
            return
        yield (b"," if after else b"") + found.body
        after = found.last


def _encode(rows: list[Record]) -> _Encoded:
    body = b",".join(orjson.dumps(subscriber_for_administrator(row)) for row in rows)
    return _Encoded(body, rows[-1]["id"] if rows else 0)
