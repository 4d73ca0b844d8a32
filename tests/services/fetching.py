"""Real servers on loopback addresses, and fetching from them."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from core.errors import ImageInvalid
from services.images.fetch import fetch
from services.images.lookups import Address

NOT_FETCHED = "The image could not be fetched."
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """A real HTTP server on 127.0.0.1: what it answers, what it was asked, and where it is."""

    answer: Answer
    port: int = 0
    asked: list[bytes] = field(default_factory=list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.asked.append(await reader.readuntil(b"\r\n\r\n"))
            await self.answer(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    def url(self, path: str = "/", *, scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


@asynccontextmanager
async def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(answer)
    listening = await asyncio.start_server(server.handle, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


def says(head: str, body: bytes = b"") -> Answer:
    """An answer of these header lines and this body, after which the connection is closed."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {head}\r\nConnection: close\r\n\r\n".encode() + body)

    return answer


def loopback(address: Address) -> bool:
    return address.is_loopback


def fetched_from(answer: Answer, path: str = "/", *, host: str = "127.0.0.1", **options: Any) -> bytes:
    async def run() -> bytes:
        async with serving(answer) as server:
            given = {"max_bytes": 1000, "allow": loopback, "ports": {server.port}, **options}
            return await fetch(server.url(path, host=host), **given)

    return asyncio.run(run())


def refusal(answer: Answer, **options: Any) -> str:
    with pytest.raises(ImageInvalid) as refused:
        fetched_from(answer, **options)
    return refused.value.detail


def refusal_of(url: str, **options: Any) -> str:
    with pytest.raises(ImageInvalid) as refused:
        asyncio.run(fetch(url, **{"max_bytes": 1000, **options}))
    return refused.value.detail


class Names:
    """A resolver for names in `example`: each look-up takes the next answer, the last one stays."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
        self.looked_up: list[str] = []
        self._answers = list(answers)
        self._real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def _look_up(self, host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        if not str(host).endswith("example"):
            return self._real(host, port, *rest, **options)
        self.looked_up.append(host)
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [entry for address in addresses for entry in self._real(address, port, type=socket.SOCK_STREAM)]
