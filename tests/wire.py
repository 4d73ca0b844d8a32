"""Requests byte by byte, for what no HTTP library sends."""

import contextlib
import json
import socket
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPResponse
from typing import Any

from tests.service import PATIENCE, Service


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status_code: int
    headers: Message
    content: bytes

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.content)


def head(method: str, target: str, *headers: str | bytes) -> bytes:
    """A request up to its body; text goes out as Latin-1."""
    lines = [f"{method} {target} HTTP/1.1", "Host: test", *headers, "", ""]
    return b"\r\n".join(line if isinstance(line, bytes) else line.encode("latin-1") for line in lines)


def exchange(service: Service, request: bytes) -> Reply:
    """Send these bytes and return the response, also if the server sends it before it has read all of them."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        reply = HTTPResponse(connection, method=request.split(b" ", 1)[0].decode())
        reply.begin()
        return Reply(reply.status, reply.headers, reply.read())
