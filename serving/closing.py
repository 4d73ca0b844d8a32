"""A transport that closes the connection once the client has the response."""

import asyncio
from typing import Any


class Closing:
    """The connection, as uvicorn's cycle of one request and response uses it: `close` calls `Requests.finish`.

    uvicorn closes at once. While the client sends the rest of a body, that resets the connection, and the client
    loses the response.
    """

    # Not the cycle itself: two objects that refer to each other wait for the garbage collector.
    __slots__ = ("_transport", "write")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.write = transport.write

    def close(self) -> None:
        """Close it after the response."""
        connection: Any = self._transport.get_protocol()
        connection.finish()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
