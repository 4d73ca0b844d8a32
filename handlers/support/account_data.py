"""All data of an account as one JSON document, read in slices and streamed.

No more than a slice is in memory, and no transaction is open while the client reads. A record that is removed
meanwhile is absent. If reading fails, the connection is closed before the document is complete.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import orjson
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from core import clock
from core.errors import ExportRunning
from handlers.serializers.access import session_for_owner
from handlers.serializers.accounts import account_for_owner, event_for_owner
from handlers.serializers.apikeys import listed_api_key_for_owner
from handlers.serializers.bookmarks import bookmark_for_owner
from handlers.serializers.curated import suggestion_for_owner
from handlers.serializers.patterns import pattern_for_owner
from handlers.serializers.quotas import quota_request_for_owner
from handlers.serializers.sets import measurement_set_for_owner
from handlers.support.responses import JSON
from security import Caller
from services.container import Services
from storage import accounts, apikeys, bookmarks, patterns, quota_requests, security_log, sessions, sets, suggestions
from storage.engines.slices import Slice
from storage.schema.tables import Record

# Stored bytes, and rows, of a slice.
SLICE_BYTES, SLICE_ROWS = 250_000, 200
# The newest events; an account that is in use for long has more.
MOST_EVENTS, EVENTS_AT_ONCE = 10_000, 100
Chunks = AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Section:
    """Records of one kind: how a slice is read, and how a record is serialized (see `paging.Listing`)."""

    read: Callable[..., Slice]
    serialize: Callable[[Record], Any]
    encoded: bool = False

    async def chunks(self, services: Services) -> Chunks:
        """Yield the records as JSON, separated by commas, a slice at a time."""
        after, has_more = 0, True
        while has_more:
            part = {"limit": SLICE_ROWS, "after": after, "most_bytes": SLICE_BYTES}
            read = await services.storage.read_large(self._encode, self.read, **part)
            if read.body:
                yield (b"," if after else b"") + read.body
            after, has_more = read.last, read.has_more

    def _encode(self, found: Slice) -> "_Encoded":
        rows = [(row["id"], orjson.dumps(self.serialize(row))) for row in found.records(encoded=self.encoded)]
        return _Encoded(b",".join(body for _, body in rows), rows[-1][0] if rows else 0, found.has_more)


class _Encoded(NamedTuple):
    body: bytes
    last: int
    has_more: bool


def owned(services: Services, account: accounts.Account) -> dict[str, Chunks]:
    """The members of `AllData`: what the account owns, as its owner sees it."""
    user_id = account["id"]
    owner = Caller(user_id, account["uuid"], level=0, role=account["role"])
    pattern = partial(pattern_for_owner, reader=owner)
    return {
        "apikeys": Section(partial(apikeys.list_of, user_id=user_id), listed_api_key_for_owner).chunks(services),
        "bookmarks": Section(partial(bookmarks.list_of, user_id=user_id), bookmark_for_owner).chunks(services),
        "patterns": Section(partial(patterns.list_of, user_id=user_id), pattern, encoded=True).chunks(services),
        "sets": Section(partial(sets.list_of, user_id=user_id), measurement_set_for_owner, encoded=True).chunks(
            services
        ),
    }


def everything(services: Services, account: accounts.Account) -> dict[str, Chunks]:
    """The members of `ExportFile` but for the account itself."""
    user_id = account["id"]

    def suggested(kind: str) -> Chunks:
        return Section(partial(suggestions.list_of, user_id=user_id, kind=kind), suggestion_for_owner).chunks(
            services
        )

    requests = Section(partial(quota_requests.list_of, user_id=user_id), quota_request_for_owner)
    return {
        **owned(services, account),
        "suggestedSets": suggested(suggestions.SET),
        "suggestedPacks": suggested(suggestions.PACK),
        "quotaRequests": requests.chunks(services),
        "events": _events(services, user_id),
        "sessions": _sessions(services, user_id),
    }


def export_file(services: Services, account: accounts.Account) -> Chunks:
    """Return `ExportFile`: the account, and all that it owns."""
    begin = b'{"account":' + orjson.dumps(account_for_owner(account)) + b","
    return document(everything(services, account), begin=begin, end=b"}")


async def _sessions(services: Services, user_id: int) -> Chunks:
    """Yield the sessions as JSON, separated by commas; there are few."""
    found = await services.storage.read_in_background(sessions.list_of, user_id, now=clock.now())
    if found:
        yield b",".join(orjson.dumps(session_for_owner(row)) for row in found)


async def _events(services: Services, user_id: int) -> Chunks:
    """Yield the newest events as JSON, separated by commas."""
    after = 0
    for _ in range(MOST_EVENTS // EVENTS_AT_ONCE):
        found = await services.storage.read(security_log.page, user_id, limit=EVENTS_AT_ONCE, after=after)
        if found:
            yield (b"," if after else b"") + b",".join(orjson.dumps(event_for_owner(row)) for row in found)
        if len(found) < EVENTS_AT_ONCE:
            return
        after = found[-1]["id"]


async def document(members: dict[str, Chunks], *, begin: bytes, end: bytes) -> Chunks:
    """Yield an object with an array for each member, between `begin` and `end`."""
    opening = begin
    for name, chunks in members.items():
        yield opening + b'"%s":[' % name.encode()
        async for chunk in chunks:
            yield chunk
        opening = b"],"
    yield b"]" + end


class StreamedDocument(StreamingResponse):
    """A streamed JSON document. Nothing is read for a HEAD request."""

    def __init__(self, chunks: Chunks, *, headers: dict[str, str]) -> None:
        super().__init__(chunks, 200, headers, JSON)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            self.body_iterator = _nothing()
        await super().__call__(scope, receive, send)


class AccountData(StreamedDocument):
    """A streamed JSON document, of which an account (`reader`) reads only one at a time from this process.

    Raise ExportRunning instead of a second one.
    """

    def __init__(self, chunks: Chunks, *, reader: int, streaming: set[int], headers: dict[str, str]) -> None:
        """`streaming` holds the accounts to which this process streams their data, or that of others."""
        super().__init__(chunks, headers=headers)
        self.reader, self.streaming = reader, streaming

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            await super().__call__(scope, receive, send)
            return
        with ExitStack() as turn:
            turn.enter_context(_turn_of(self.reader, self.streaming))

            async def send_in_turn(message: Message) -> None:
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    # Before the client can know of the end, and ask again.
                    turn.close()
                await send(message)

            await super().__call__(scope, receive, send_in_turn)


@contextmanager
def _turn_of(reader: int, streaming: set[int]) -> Iterator[None]:
    if reader in streaming:
        raise ExportRunning("An account can read one export at a time. Read or close the earlier response first.")
    streaming.add(reader)
    try:
        yield
    finally:
        streaming.remove(reader)


async def _nothing() -> Chunks:
    return
    yield
