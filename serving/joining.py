"""A transport that writes the head of a reply together with the first piece of its body."""

import asyncio
from typing import Any

MOST_JOINED = 65_536
CONTINUE = b"HTTP/1.1 100 "


class Joining:
    """A connection as a request's reply is written to it: its head waits for the first piece of its body.

    uvicorn writes them one after the other, which uvloop sends with two system calls: without this class a read
    takes 10 % longer (decision 045). Of a response that fails between the two the client sees only the end of the
    connection.
    """

    # Not the request itself: two that know each other wait for the garbage collector.
    __slots__ = ("_head", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        """Write it, unless it is the head."""
        if self._head:
            head, self._head = self._head, b""
            if len(data) <= MOST_JOINED:
                data = head + data
            else:  # copying it would cost more
                self._transport.write(head)
            self._transport.write(data)
        elif self._head is None and not data.startswith(CONTINUE):
            self._head = data
        else:  # more of the body, or leave to send one
            self._transport.write(data)

    def close(self) -> None:
        """Close it after the reply."""
        connection: Any = self._transport.get_protocol()
        connection.finish()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
