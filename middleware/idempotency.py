"""Safe repetition of requests with an `Idempotency-Key`."""

import re
from typing import Any

from connexion.middleware.abstract import RoutedMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from middleware.direct_dispatch import DirectAPI, next_of
from middleware.parameters import Parameter
from security import Caller
from services.idempotency import Answer, Requester
from services.idempotency import Idempotency as Keys

REPLAYED = (b"idempotent-replayed", b"true")
_ESCAPED = re.compile(r'\\(["\\])')


def key_of(value: str) -> str:
    """Return the key in a header's value: `"key"`, a string of RFC 9651, and `key` are the same."""
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value


def asker_of(caller: Caller | None) -> Requester:
    """Return the part of the caller on which idempotency keys depend."""
    if caller is None:
        return Requester(None, 0)
    credential = f"key {caller.key}" if caller.key else f"session {caller.session}"
    return Requester(caller.user_id, caller.level, caller.by, credential)


class IdempotentOperation:
    """One operation that accepts a key: a request with one is answered by `services.idempotency`."""

    def __init__(self, next_app: ASGIApp, operation: Any, argument: str, keys: Keys) -> None:
        self.next_app = next_app
        self.keys = keys
        self.name: str = operation.operation_id
        self.argument = argument

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        value = scope["arguments"].pop(self.argument)
        if value is None:
            await self.next_app(scope, receive, send)
            return
        requester = asker_of(scope["caller"])

        async def carry_out() -> Answer:
            recorder = Recorder()
            await self.next_app(scope, receive, recorder)
            return Answer(recorder.status, recorder.headers, b"".join(recorder.chunks))

        answer = await self.keys.once(key_of(value), requester, self.name, scope["arguments"], carry_out)
        headers = [*answer.headers, REPLAYED] if answer.replayed else answer.headers
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


class Recorder:
    """Records a response in place of the server."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.chunks: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.chunks.append(message.get("body", b""))


class IdempotencyAPI(DirectAPI[ASGIApp]):
    """All operations of the document. Those that accept no key call the next middleware directly."""

    def __init__(self, *args: Any, keys: Keys, **kwargs: Any) -> None:
        self.keys = keys
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: Any) -> ASGIApp:
        for parameter in map(Parameter, operation.parameters):
            if parameter.handled_by == "idempotency":
                return IdempotentOperation(next_of(self, operation), operation, parameter.argument, self.keys)
        return next_of(self, operation)


class Idempotency(RoutedMiddleware[IdempotencyAPI]):
    """Idempotency keys for the operations that have the parameter in the document."""

    api_cls = IdempotencyAPI

    def __init__(self, app: ASGIApp, *, keys: Keys) -> None:
        super().__init__(app)
        self.keys = keys

    def add_api(self, specification: Any, **kwargs: Any) -> Any:
        return super().add_api(specification, keys=self.keys, **kwargs)
