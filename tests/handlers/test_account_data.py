"""The streamed export of an account while reads are slow, fail, or overlap with the deletion of the account."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.types import Message, Scope

from core.errors import ExportRunning
from handlers.support import account_data
from handlers.support.account_data import SLICE_BYTES, SLICE_ROWS, AccountData
from storage import accounts
from storage.schema.tables import Record
from tests.service_container import services_on
from tests.storage.store import Store, sqlite_store

SCOPE: Scope = {"type": "http", "method": "GET", "asgi": {"spec_version": "2.3"}}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Storage in this process."""
    with sqlite_store(tmp_path) as store:
        yield store


class Client:
    """Reads a reply, as slowly as the test wants."""

    def __init__(self, *, reading: bool = True) -> None:
        self.reading = asyncio.Event()
        if reading:
            self.reading.set()
        self.begun = asyncio.Event()
        self.messages: list[Message] = []

    async def receive(self) -> Message:
        """Never go away."""
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, message: Message) -> None:
        """Take a part of the reply."""
        self.begun.set()
        await self.reading.wait()
        self.messages.append(message)

    async def ask(self, chunks: AsyncIterator[bytes], streaming: set[int], *, reader: int = 1) -> None:
        """Read a reply to its end; `streaming` holds the accounts that read one now."""
        await AccountData(chunks, reader=reader, streaming=streaming, headers={})(SCOPE, self.receive, self.send)

    @property
    def bodies(self) -> list[bytes]:
        """The parts of the body."""
        return [message["body"] for message in self.messages[1:]]

    @property
    def is_complete(self) -> bool:
        """Whether the reply has its end."""
        return not self.messages[-1].get("more_body", True)


def _document(store: Store, account: Record) -> AsyncIterator[bytes]:
    return account_data.document(account_data.owned(services_on(store.storage), account), begin=b"{", end=b"}")


def test_a_document_of_many_slices_holds_each_record_once(store: Store) -> None:
    account = store.new_account()
    bookmarks = [store.new_bookmark(account["id"])["id"] for _ in range(SLICE_ROWS + 5)]
    patterns = [store.new_pattern(account["id"], data={"x": "x" * SLICE_BYTES})["id"] for _ in range(3)]
    client = Client()
    store.run(client.ask(_document(store, account), set()))
    data = orjson.loads(b"".join(client.bodies))
    assert [record["id"] for record in data["bookmarks"]] == bookmarks
    assert [record["id"] for record in data["patterns"]] == patterns
    assert data["sets"] == []
    assert max(map(len, client.bodies)) < 2 * SLICE_BYTES


def test_records_that_are_removed_meanwhile_are_absent(store: Store) -> None:
    account = store.new_account()
    for _ in range(3):
        store.new_pattern(account["id"], data={"x": "x" * SLICE_BYTES})
    store.new_set(account["id"])

    async def remove_amid_the_document() -> bytes:
        parts = []
        async for part in _document(store, account):
            parts.append(part)
            if part.startswith(b"{") and len(part) > SLICE_BYTES:
                await store.storage.write(accounts.remove, account["id"])
        return b"".join(parts)

    data: dict[str, list[Any]] = orjson.loads(store.run(remove_amid_the_document()))
    assert (len(data["patterns"]), data["sets"]) == (1, [])


def test_a_document_that_cannot_be_completed_has_no_end(store: Store) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b'{"patterns":['
        raise OSError("the database is away")

    async def read() -> Client:
        client = Client()
        with pytest.raises(OSError, match="away"):
            await client.ask(failing(), set())
        return client

    client = store.run(read())
    assert client.bodies == [b'{"patterns":['] and not client.is_complete


def test_an_account_reads_one_document_at_a_time(store: Store) -> None:
    account = store.new_account()

    streaming: set[int] = set()

    async def overlapping() -> None:
        slow, other, later = Client(reading=False), Client(), Client()
        first = asyncio.create_task(slow.ask(_document(store, account), streaming))
        await slow.begun.wait()
        with pytest.raises(ExportRunning):
            await Client().ask(_document(store, account), streaming)
        await other.ask(_document(store, account), streaming, reader=2)
        slow.reading.set()
        await first
        await later.ask(_document(store, account), streaming)
        assert slow.is_complete and other.is_complete and later.is_complete

    store.run(overlapping())


def test_a_client_that_has_the_end_of_a_document_can_ask_again(store: Store) -> None:
    account = store.new_account()
    streaming: set[int] = set()

    class RepeatsAtTheEnd(Client):
        again: Client | None = None

        async def send(self, message: Message) -> None:
            await super().send(message)
            if len(self.messages) > 1 and self.is_complete:
                self.again = Client()
                await self.again.ask(_document(store, account), streaming)

    client = RepeatsAtTheEnd()
    store.run(client.ask(_document(store, account), streaming))
    assert client.again is not None and client.again.is_complete
