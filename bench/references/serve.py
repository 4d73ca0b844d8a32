"""Serve a reference: `python -m bench.references.serve own` (or raw, fastapi, bare)."""

import sys
from importlib import import_module
from typing import Any

import uvicorn

import settings as configuration

HEADERS = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"1024")]
BODY = b'"' + b"." * 1022 + b'"'


async def bare(scope: Any, _receive: Any, send: Any) -> None:
    """Answer 1 KB: an ASGI application that does nothing, and has no lifespan."""
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    kind, settings = sys.argv[1], configuration.load()
    app = bare if kind == "bare" else import_module(f"bench.references.{kind}").create_app(settings)
    server: dict[str, Any] = {"loop": "uvloop", "http": "httptools", "access_log": False, "server_header": False}
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="warning", **server)
