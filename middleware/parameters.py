"""The parameters of an operation: decoded, then checked against the schemas of the document."""

import re
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Scope

from core.document import argument_of
from core.errors import NoSuchRecord, SchemaViolation, ValidationFailed
from middleware.schemas import Schema

MOST_QUERY_PARAMETERS = 50
_BOOLEANS = {"true": True, "false": False}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?")


class Parameter:
    """A path, query or header parameter."""

    def __init__(self, definition: dict[str, Any]) -> None:
        self.name: str = definition["name"]
        self.part: str = definition["in"]
        self.argument = argument_of(self.name, self.part)
        self.header = self.name.lower().encode()
        self.handled_by: str | None = definition.get("x-handled-by")
        self.required: bool = definition.get("required", False)
        self.type: str = definition["schema"]["type"]
        self.default: Any = definition["schema"].get("default")
        self.schema = Schema(definition["schema"], self.part, self.name)

    def value(self, text: str | None) -> Any:
        """Return the decoded value; without a text the default, else None.

        Raise ValidationFailed, and NoSuchRecord for a path parameter.
        """
        if text is None:
            if not self.required:
                return self.default
            raise ValidationFailed("validationFailed", [SchemaViolation(self.part, f"/{self.name}", "is missing")])
        value = self._decoded(text)
        try:
            self.schema.check(value)
        except ValidationFailed:
            if self.part == "path":
                # No record can have this id.
                raise NoSuchRecord("There is no such record.") from None
            raise
        return value

    def _decoded(self, text: str) -> Any:
        """Return the value of the parameter's type; the text itself if it is none, which the schema then rejects."""
        if self.type == "boolean":
            return _BOOLEANS.get(text, text)
        if self.type == "number":
            return float(text) if _NUMBER.fullmatch(text) else text
        return int(text) if self.type == "integer" and _INTEGER.fullmatch(text) else text


class Parameters:
    """All parameters of an operation."""

    def __init__(self, definitions: list[dict[str, Any]]) -> None:
        parameters = [Parameter(definition) for definition in definitions]
        self._in_path = [parameter for parameter in parameters if parameter.part == "path"]
        self._in_query = [parameter for parameter in parameters if parameter.part == "query"]
        self._in_header = [parameter for parameter in parameters if parameter.part == "header"]

    def values(self, scope: Scope) -> dict[str, Any]:
        """Return the arguments for the handler. Raise ValidationFailed or NoSuchRecord."""
        in_path = scope["path_params"]
        arguments = {parameter.argument: parameter.value(in_path[parameter.name]) for parameter in self._in_path}
        if self._in_query:
            sent = _query(scope)
            for parameter in self._in_query:
                arguments[parameter.argument] = parameter.value(sent.get(parameter.name))
        for parameter in self._in_header:
            values = [value.decode("latin-1") for name, value in scope["headers"] if name == parameter.header]
            arguments[parameter.argument] = parameter.value(", ".join(values) if values else None)
        return arguments


def _query(scope: Scope) -> dict[str, str]:
    if scope["query_string"].count(b"&") >= MOST_QUERY_PARAMETERS:
        detail = f"has more than {MOST_QUERY_PARAMETERS} parameters"
        raise ValidationFailed("validationFailed", [SchemaViolation("query", "", detail)])
    try:
        text = scope["query_string"].decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_QUERY_PARAMETERS)
    except ValueError:
        raise ValidationFailed("validationFailed", [SchemaViolation("query", "", "cannot be decoded")]) from None
    return dict(pairs)
