"""DNS look-ups of host names that clients give, in threads of their own.

A name server may answer as slowly as its owner likes, and a thread in `getaddrinfo` cannot be interrupted. In a pool
that is shared, a few slow names would stop everything else that needs one of its threads.
"""

import asyncio
import socket
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address, ip_address
from threading import BoundedSemaphore, Thread
from typing import Any

from core.errors import Overloaded

Address = IPv4Address | IPv6Address

SECONDS = 5.0


class Lookups:
    """At most so many look-ups at a time.

    Their threads are daemons, so that a slow name does not delay the end of the server.
    """

    def __init__(self, most: int) -> None:
        self._free = BoundedSemaphore(most)

    async def resolve(self, host: str, port: int) -> list[Address]:
        """Return every address of a name. `0x7f.1` and `2130706433` are names here, and addresses to the resolver.

        Raises Overloaded at once if no look-up is free, TimeoutError after SECONDS, and OSError or UnicodeError for a
        name without an address. A look-up that timed out is free again when the resolver answers.
        """
        if not self._free.acquire(blocking=False):
            raise Overloaded("Too many host names are being resolved.", cause="address_resolution")
        found: Future[list[Any]] = Future()
        Thread(target=self._look_up, args=(found, host, port), name="lookup", daemon=True).start()
        entries = await asyncio.wait_for(asyncio.wrap_future(found), SECONDS)
        return [ip_address(entry[4][0]) for entry in entries]

    def _look_up(self, found: "Future[list[Any]]", host: str, port: int) -> None:
        entries, failure = list[Any](), None
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except Exception as error:
            failure = error
        self._free.release()
        # False if the caller has stopped waiting.
        if not found.set_running_or_notify_cancel():
            return
        if failure is not None:
            found.set_exception(failure)
        else:
            found.set_result(entries)
