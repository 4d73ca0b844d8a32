"""One request and its reply, as faults change it."""

import re
from collections.abc import Callable
from typing import Any

import orjson


class Exchange:
    """`method`, `path`, `query` and `asked` (headers) of the request; `status`, `headers` and `body` of the reply.

    `sent` is the body of the request.

    `memory` lasts as long as the fault is switched on.
    """

    def __init__(
        self,
        scope: dict[str, Any],
        memory: dict[str, Any],
        status: int,
        headers: list[tuple[bytes, bytes]],
        body: bytes,
    ) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: str = scope["query_string"].decode()
        self.asked = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        self.memory = memory
        self.status = status
        self.headers = {name.decode().lower(): value.decode("latin-1") for name, value in headers}
        self.body = body
        self.sent = b""

    def is_to(self, method: str, path: str, *statuses: int) -> bool:
        """Whether it is a request of this method to this path (a pattern), answered with one of these statuses."""
        fits = self.method == method and re.fullmatch(path, self.path)
        return bool(fits) and (not statuses or self.status in statuses)

    def change(self, how: Callable[[Any], Any]) -> None:
        """Let `how` change the decoded body, or give another one."""
        value = orjson.loads(self.body)
        changed = how(value)
        self.body = orjson.dumps(value if changed is None else changed)

    async def answer(self, send: Any) -> None:
        """Send the reply."""
        if self.status == 304 or not self.body:
            self.headers.pop("content-length", None)
        else:
            self.headers["content-length"] = str(len(self.body))
        headers = [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})
