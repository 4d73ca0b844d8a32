"""Each operation's parameters and body, compiled from the document at start-up and held against each request."""

import re
from typing import Any
from urllib.parse import parse_qsl

from connexion.middleware.abstract import RoutedMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from core import strict_json
from core.document import argument_of
from core.errors import MalformedBody, NoSuchRecord, NotAcceptable, SchemaViolation, ValidationFailed
from middleware import bodies, reading
from middleware.schemas import Schema
from middleware.straight import StraightAPI
from services import parsing

JSON = "application/json"
# A file as it is: the handler gets its bytes.
FILE = "application/octet-stream"
_FITTING = (JSON, "application/problem+json", "application/*", "*/*")
MOST_QUERY_PARAMETERS = 50
_BOOLEANS = {"true": True, "false": False}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?")


class Parameter:
    """A path, query or header parameter."""

    def __init__(self, definition: dict[str, Any]) -> None:
        _require_supported(definition)
        self.name: str = definition["name"]
        self.part: str = definition["in"]
        self.argument = argument_of(self.name, self.part)
        self.header = self.name.lower().encode()
        self.handled_by: str | None = definition.get("x-handled-by")
        self.required: bool = definition.get("required", False)
        self.type: str = definition["schema"].get("type", "")
        self.schema = Schema(definition["schema"], self.part, self.name)

    def value(self, text: str | None) -> Any:
        """The parameter's value; None if it is absent and may be. Raises ValidationFailed, in a path NoSuchRecord."""
        if text is None:
            if not self.required:
                return None
            raise ValidationFailed("validationFailed", [SchemaViolation(self.part, f"/{self.name}", "is missing")])
        value = self._decoded(text)
        try:
            self.schema.check(value)
        except ValidationFailed:
            if self.part == "path":
                # What cannot name any record names none.
                raise NoSuchRecord("There is no such record.") from None
            raise
        return value

    def _decoded(self, text: str) -> Any:
        """The text, or the value that it is of the parameter's type."""
        if self.type == "boolean":
            return _BOOLEANS.get(text, text)
        if self.type == "number":
            return float(text) if _NUMBER.fullmatch(text) else text
        return int(text) if self.type == "integer" and _INTEGER.fullmatch(text) else text


def _require_supported(definition: dict[str, Any]) -> None:
    """Raise ValueError, which stops the start, for a parameter that would not be decoded as the document states."""
    kind = definition.get("schema", {}).get("type")
    if definition["in"] == "cookie" or "content" in definition or kind in ("array", "object"):
        wanted = "in the path, the query or a header, with a schema of a text, a number or a boolean"
        raise ValueError(f"spec/openapi.yaml: the parameter {definition['name']} must be {wanted}")


class Body:
    """The request body of an operation."""

    def __init__(self, definition: dict[str, Any]) -> None:
        self.required: bool = definition.get("required", False)
        self.code_if_missing: str | None = definition.get("x-error-code")
        self.schemas = {kind: Schema(media["schema"], "body") for kind, media in definition["content"].items()}
        self.most: int = definition["x-max-bytes"]

    async def value(self, scope: Scope, receive: Receive) -> Any:
        """Return the decoded body, or a file's bytes; an empty object for an optional body that is absent."""
        raw = await reading.read(scope, receive, self.most)
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
    """One operation: sets `scope["arguments"]` to what its handler is called with."""

    def __init__(self, next_app: ASGIApp, operation: Any) -> None:
        self.next_app = next_app
        parameters = [Parameter(definition) for definition in operation.parameters]
        self.in_path = [parameter for parameter in parameters if parameter.part == "path"]
        self.in_query = [parameter for parameter in parameters if parameter.part == "query"]
        self.in_header = [parameter for parameter in parameters if parameter.part == "header"]
        self.body = Body(operation.request_body) if operation.request_body else None
        self.json_only = _produces(operation) == {JSON}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.json_only:
            _require_acceptable(scope)
        arguments = {
            parameter.name: parameter.value(scope["path_params"][parameter.name]) for parameter in self.in_path
        }
        if self.in_query:
            arguments |= self._query(scope)
        for parameter in self.in_header:
            given = [value.decode("latin-1") for name, value in scope["headers"] if name == parameter.header]
            arguments[parameter.argument] = parameter.value(", ".join(given) if given else None)
        if self.body:
            arguments["body"] = await self.body.value(scope, receive)
        scope["arguments"] = arguments
        await self.next_app(scope, receive, send)

    def _query(self, scope: Scope) -> dict[str, Any]:
        if scope["query_string"].count(b"&") >= MOST_QUERY_PARAMETERS:
            detail = f"has more than {MOST_QUERY_PARAMETERS} parameters"
            raise ValidationFailed("validationFailed", [SchemaViolation("query", "", detail)])
        try:
            given = dict(
                parse_qsl(
                    scope["query_string"].decode("ascii"),
                    keep_blank_values=True,
                    errors="strict",
                    max_num_fields=MOST_QUERY_PARAMETERS,
                )
            )
        except ValueError:
            raise ValidationFailed("validationFailed", [SchemaViolation("query", "", "cannot be decoded")]) from None
        return {parameter.argument: parameter.value(given.get(parameter.name)) for parameter in self.in_query}


def _produces(operation: Any) -> set[str]:
    """The media types of an operation's successful replies."""
    replies = operation._operation["responses"].items()
    return {kind for status, reply in replies if status < "400" for kind in reply.get("content", {})}


def _require_acceptable(scope: Scope) -> None:
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept").strip()
    if accept in (b"", b"*/*", b"application/json"):
        return
    if len(accept) > bodies.LONGEST_HEADER:
        raise NotAcceptable(f"The header Accept has more than {bodies.LONGEST_HEADER:,} bytes.")
    accepted = parse_accept_header(accept.decode("latin-1"), MIMEAccept)
    # The most specific range counts (RFC 9110, section 12.5.1); parameters such as `charset` are not looked at.
    quality = {kind.partition(";")[0].strip().lower(): quality for kind, quality in reversed(accepted)}
    if not next((quality[kind] for kind in _FITTING if kind in quality), 0):
        raise NotAcceptable("This operation returns application/json.")


class ValidationAPI(StraightAPI[ValidatedOperation]):
    """All operations of the document."""

    def make_operation(self, operation: Any) -> ValidatedOperation:
        return ValidatedOperation(self.next_of(operation), operation)


class Validation(RoutedMiddleware[ValidationAPI]):
    """Requests as the document states them."""

    api_cls = ValidationAPI
