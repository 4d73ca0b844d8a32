"""Imported at the start of Python: names in `slow.test` take ten seconds to resolve, as an attacker's do."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvloop

# As in libuv: look-ups of the event loop run in four threads of their own.
_threads = ThreadPoolExecutor(4)
_resolve = socket.getaddrinfo


def _is_slow(host: Any) -> bool:
    return ".slow.test" in str(host)


def _resolve_slowly(host: Any, *rest: Any, **options: Any) -> Any:
    if not _is_slow(host):
        return _resolve(host, *rest, **options)
    time.sleep(10)
    raise socket.gaierror(socket.EAI_AGAIN, "the name server does not answer")


class Loop(uvloop.Loop):
    """uvloop's event loop, which does not resolve names by Python's function."""

    async def getaddrinfo(self, host: Any, *rest: Any, **options: Any) -> Any:
        if _is_slow(host):
            return await self.run_in_executor(_threads, _resolve_slowly, host, 0)
        return await super().getaddrinfo(host, *rest, **options)


socket.getaddrinfo = _resolve_slowly
uvloop.Loop = Loop  # type: ignore[misc]
