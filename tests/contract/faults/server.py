"""The server, with faults that can be switched on while it runs: `PUT /fault` with the name of one, or of none.

Production code knows nothing of it: replies are changed on their way out, or functions are replaced in this process.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import app
from tests.contract.faults import promised  # noqa: F401 (registers faults)
from tests.contract.faults.exchange import Exchange
from tests.contract.faults.patches import PATCHES
from tests.contract.faults.registry import FAULTS
from tests.contract.faults.replies import REPLIES
from tests.quick_server import quick

Send = Callable[[dict[str, Any]], Any]
IN_REPLIES = REPLIES | {name: fault.replies for name, fault in FAULTS.items() if fault.replies}
IN_CODE = PATCHES | {name: fault.code for name, fault in FAULTS.items() if fault.code}


class Faulty:
    """The application, with at most one fault at a time."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.name = ""
        self.memory: dict[str, Any] = {}
        self.replaced = ExitStack()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        if scope["type"] == "http" and (scope["method"], scope["path"]) == ("PUT", "/fault"):
            self.switch((await receive())["body"].decode())
            await Exchange(scope, self.memory, 204, [], b"").answer(send)
        elif scope["type"] == "http" and self.name in IN_REPLIES:
            await self._changed(scope, receive, send)
        else:
            await self.application(scope, receive, send)

    def switch(self, name: str) -> None:
        """End the fault that there is, and begin this one; raises KeyError for one that is not known."""
        self.replaced.close()
        self.name = name
        self.memory = {}
        if name and name not in IN_REPLIES:
            for place, attribute, fault in IN_CODE[name]():
                self.replaced.enter_context(patch.object(place, attribute, fault, create=True))

    async def _changed(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        messages: list[dict[str, Any]] = []
        sent = bytearray()

        async def noted() -> Any:
            message = await receive()
            sent.extend(message.get("body", b""))
            return message

        async def keep(message: dict[str, Any]) -> None:
            messages.append(message)

        await self.application(scope, noted, keep)
        body = b"".join(message.get("body", b"") for message in messages[1:])
        exchange = Exchange(scope, self.memory, messages[0]["status"], messages[0]["headers"], body)
        exchange.sent = bytes(sent)
        IN_REPLIES[self.name](exchange)
        await exchange.answer(send)


def main() -> None:
    """Serve as `app.py` does, with what it makes wrapped."""
    make = app.create_app
    with quick(), patch.object(app, "create_app", lambda *given, **named: Faulty(make(*given, **named))):
        app.main()
