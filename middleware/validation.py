"""Validation of requests as the document states them, compiled at start-up.

A subclass of Connexion's `RequestValidationMiddleware`. Connexion copies the schema of each parameter and makes a new
validator for it in each request, accepts `limit=10_0`, NaN and duplicate keys, and answers 500 to a body that is not
UTF-8. Its 400 repeats values and schemas, and has no code.
"""

from typing import Any

from connexion.middleware.request_validation import RequestValidationAPI as ConnexionRequestValidationAPI
from connexion.middleware.request_validation import RequestValidationMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from core import strict_json
from core.errors import MalformedBody, NotAcceptable, SchemaViolation, ValidationFailed
from middleware import bodies, reading
from middleware.direct_dispatch import definition_of, next_of
from middleware.parameters import Parameters
from middleware.schemas import Schema
from middleware.supported import FILE, JSON
from middleware.waiting import LARGE
from services import parsing

_MATCHING = (JSON, "application/problem+json", "application/*", "*/*")


class Body:
    """The request body of an operation."""

    def __init__(self, definition: dict[str, Any]) -> None:
        self.required: bool = definition.get("required", False)
        self.code_if_missing: str | None = definition.get("x-error-code")
        self.schemas = {kind: Schema(media["schema"], "body") for kind, media in definition["content"].items()}
        self.max_bytes: int = definition["x-max-bytes"]

    async def read(self, scope: Scope, receive: Receive) -> tuple[Any, Receive]:
        """Return the value of the body, and a channel from which `connexion.request` can read a small one again."""
        raw = await reading.read(scope, receive, self.max_bytes)
        return await self.value(scope, raw), _replayed(raw, receive)

    async def value(self, scope: Scope, raw: bytes | bytearray) -> Any:
        """Return the decoded and checked body, or the bytes of a file. An absent optional body is an empty object."""
        if not raw:
            return self._without_body()
        kind = bodies.media_type(scope, self.schemas)
        if kind == FILE:
            return bytes(raw)
        if kind == JSON and not strict_json.is_light(raw):
            reading.reserve(scope, strict_json.memory_of_members(raw))
            return await parsing.off_loop(self._parsed, scope, kind, raw)
        return self._parsed(scope, kind, raw)

    def _parsed(self, scope: Scope, kind: str, raw: bytes | bytearray) -> Any:
        value = strict_json.decode(raw) if kind == JSON else bodies.decode_form(scope, raw)
        if value == {} and self.code_if_missing:
            return self._without_body()
        if not isinstance(value, dict):
            raise MalformedBody("The body must be a JSON object.")
        self.schemas[kind].check(value)
        return value

    def _without_body(self) -> dict[str, Any]:
        if not self.required:
            return {}
        code = self.code_if_missing or "malformedBody"
        raise ValidationFailed(code, [SchemaViolation("body", "", "is missing")])


class ValidatedOperation:
    """One operation: sets `scope["arguments"]` to the arguments of its handler."""

    def __init__(self, next_app: ASGIApp, operation: Any, definition: dict[str, Any]) -> None:
        self.next_app = next_app
        self.parameters = Parameters(operation.parameters)
        self.body = Body(operation.request_body) if operation.request_body else None
        self.json_only = _media_types(definition) == {JSON}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.json_only:
            _require_acceptable(scope)
        arguments = self.parameters.values(scope)
        if self.body:
            arguments["body"], receive = await self.body.read(scope, receive)
        scope["arguments"] = arguments
        await self.next_app(scope, receive, send)


def _replayed(raw: bytes | bytearray, receive: Receive) -> Receive:
    """Return a channel with a body that was read already. A large one is not kept, and cannot be read again."""
    replay: bytes | bytearray | None = raw if len(raw) <= LARGE else None
    is_large = replay is None

    async def receive_again() -> Message:
        nonlocal replay
        if is_large:
            raise RuntimeError(f"A body of more than {LARGE:,} bytes cannot be read again: use the argument `body`.")
        if replay is None:
            return await receive()
        message: Message = {"type": "http.request", "body": replay, "more_body": False}
        replay = None
        return message

    return receive_again


def _media_types(definition: dict[str, Any]) -> set[str]:
    """Return the media types of an operation's successful responses."""
    responses = definition["responses"].items()
    return {kind for status, response in responses if status < "400" for kind in response.get("content", {})}


def _require_acceptable(scope: Scope) -> None:
    accept = b",".join([value for name, value in scope["headers"] if name == b"accept"]).strip()
    if accept in (b"", b"*/*", b"application/json"):
        return
    if len(accept) > bodies.LONGEST_HEADER:
        raise NotAcceptable(f"The header Accept has more than {bodies.LONGEST_HEADER:,} bytes.")
    accepted = parse_accept_header(accept.decode("latin-1"), MIMEAccept)
    # The most specific range decides (RFC 9110, section 12.5.1). Parameters such as `charset` are ignored.
    quality = {kind.partition(";")[0].strip().lower(): quality for kind, quality in reversed(accepted)}
    if not next((quality[kind] for kind in _MATCHING if kind in quality), 0):
        raise NotAcceptable("This operation returns application/json.")


class RequestValidationAPI(ConnexionRequestValidationAPI):
    """All operations of the document."""

    def make_operation(self, operation: Any) -> ValidatedOperation:
        return ValidatedOperation(next_of(self, operation), operation, definition_of(self, operation))


class RequestValidation(RequestValidationMiddleware):
    """Validation of requests."""

    api_cls = RequestValidationAPI
