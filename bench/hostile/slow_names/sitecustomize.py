"""Imported at the start of Python: names in `slow.test` take ten seconds to resolve, as with a hostile server."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvloop

SECONDS = 10
# As libuv has it: look-ups of the event loop run in four threads of their own.
_threads = ThreadPoolExecutor(4)
_resolve = socket.getaddrinfo


def _is_slow(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    return name.rstrip(".").endswith(".slow.test")


def _resolve_slowly(host: Any, *rest: Any, **options: Any) -> Any:
    if not _is_slow(host):
        return _resolve(host, *rest, **options)
    time.sleep(SECONDS)
    raise socket.gaierror(socket.EAI_AGAIN, "the name server does not answer")


class Loop(uvloop.Loop):
    """uvloop's event loop, which does not resolve names by Python's function."""

    async def getaddrinfo(self, host: Any, *rest: Any, **options: Any) -> Any:
        if _is_slow(host):
            return await self.run_in_executor(_threads, _resolve_slowly, host, 0)
        return await super().getaddrinfo(host, *rest, **options)


socket.getaddrinfo = _resolve_slowly
uvloop.Loop = Loop  # type: ignore[misc]
