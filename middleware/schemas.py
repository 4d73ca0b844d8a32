"""Holding a value against a schema of the document, and telling a failure by the code that clients know."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import jsonschema_rs
import orjson

from core.errors import SchemaViolation, ValidationFailed

# What is wanted, in words; neither the value nor the schema's own text is echoed.
_WANTED = {
    "required": "is missing",
    "type": "has the wrong type",
    "integer": "is not a whole number",
    "enum": "is not one of the allowed values",
    "pattern": "does not have the documented form",
    "additionalProperties": "is not documented",
}
# Of keywords that state a limit, which is named.
_LIMITED = {
    "minimum": "is less than {}",
    "exclusiveMinimum": "is not more than {}",
    "maximum": "is more than {}",
    "exclusiveMaximum": "is not less than {}",
    "minLength": "has fewer than {} characters",
    "maxLength": "has more than {} characters",
    "minItems": "has fewer than {} members",
    "maxItems": "has more than {} members",
    "minProperties": "has fewer than {} members",
    "maxProperties": "has more than {} members",
}
MOST_VIOLATIONS = 20
LONGEST_STEP = 100


class Schema:
    """A schema of the document, compiled. `part` is where its values come from: body, path, query or header.

    A failure is told as one violation for each member at fault, never as all that the library can find: collecting
    those takes it seconds for a body that is wrong in many places.
    """

    def __init__(
        self, schema: dict[str, Any], part: str, name: str = "", *, otherwise: str = "validationFailed"
    ) -> None:
        self._part = part
        self._name = name
        self._codes: dict[str, str] = schema.get("x-error-codes", {})
        self._otherwise: str = self._codes.get("default", otherwise)
        # Where a schema adds to another, with allOf, the later has the last word about a member.
        together = [schema, *schema.get("allOf", ())]
        self._required = frozenset(field for one in together for field in one.get("required", ()))
        self._constant = "enum" in schema
        self._type: str = schema.get("type", "")
        self._most: dict[str, int] = {key: schema[key] for key in ("maxProperties", "maxItems") if key in schema}
        members = {field: member for one in together for field, member in one.get("properties", {}).items()}
        self._members = {
            field: Schema(member, part, field, otherwise=self._otherwise) for field, member in members.items()
        }
        self._alternatives = [
            Schema(alternative, part, name, otherwise=self._otherwise) for alternative in schema.get("oneOf", ())
        ]
        self._validator = _compiled(orjson.dumps(_as_json_schema(schema)))

    def check(self, value: Any) -> None:
        """Raise ValidationFailed with every member at fault, in the order of the document, unless the value fits."""
        if self._validator.is_valid(value):
            return
        failures = self._failures(value)[:MOST_VIOLATIONS]
        raise ValidationFailed(failures[0][0], [violation for _, violation in failures])

    def _failures(self, value: Any) -> list[tuple[str, SchemaViolation]]:
        """Code and violation for each member at fault; where none is, for the value itself."""
        meant = self._meant(value)
        if meant is not None:
            return meant._failures(value)
        return (self._failed_members(value) if isinstance(value, dict) else []) or [self._failure(value)]

    def _failed_members(self, value: dict[str, Any]) -> list[tuple[str, SchemaViolation]]:
        failed = []
        for field, member in self._members.items():
            if field not in value:
                if field in self._required:
                    failed.append(member._told("required"))
            elif not member._validator.is_valid(value[field]):
                # A null or an empty text where something must be counts as nothing.
                nothing = value[field] in (None, "") and field in self._required and "required" in member._codes
                failed.append(member._told("required") if nothing else member._failure(value[field]))
        return failed

    def _failure(self, value: Any) -> tuple[str, SchemaViolation]:
        if self._alternatives:
            # The library would copy the value for each alternative and each place at fault in it.
            return self._told("oneOf")
        keyword = self._unfit_container(value)
        if keyword:
            return self._told(keyword, limit=self._most.get(keyword))
        try:
            self._validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            keyword = error.kind.name
            if keyword == "type" and type(value) is float and "integer" in self._codes:
                keyword = "integer"
            return self._told(keyword, error.instance_path, getattr(error.kind, "limit", None))
        raise AssertionError("only what does not fit is asked about")

    def _unfit_container(self, value: Any) -> str:
        """Return the keyword that a list or an object fails as a whole, if any: the library would copy all of it."""
        if isinstance(value, dict | list):
            kind, most = ("object", "maxProperties") if isinstance(value, dict) else ("array", "maxItems")
            if self._type not in (kind, ""):
                return "type"
            if len(value) > self._most.get(most, len(value)):
                return most
        return ""

    def _told(
        self, keyword: str, path: Iterable[str | int] = (), limit: float | None = None
    ) -> tuple[str, SchemaViolation]:
        code = self._codes.get(keyword, self._otherwise)
        steps = [*([self._name] if self._name else ()), *map(str, path)]
        pointer = "".join("/" + step[:LONGEST_STEP].replace("~", "~0").replace("/", "~1") for step in steps)
        wanted = _WANTED.get(keyword, "is not as documented")
        if limit is not None and keyword in _LIMITED:
            wanted = _LIMITED[keyword].format(f"{limit:,}")
        return code, SchemaViolation(self._part, pointer, wanted)

    def _meant(self, value: Any) -> "Schema | None":
        """The alternative that the value must mean: the only one whose constants it has."""
        fitting = [alternative for alternative in self._alternatives if alternative._has_constants(value)]
        return fitting[0] if len(fitting) == 1 else None

    def _has_constants(self, value: Any) -> bool:
        return isinstance(value, dict) and all(
            field in value and member._validator.is_valid(value[field])
            for field, member in self._members.items()
            if member._constant
        )


@cache
def _compiled(schema: bytes) -> jsonschema_rs.Draft4Validator:
    """What holds values against a schema; one for all places where it stands, for each takes 15 KB."""
    # The mask keeps the value out of messages that nobody reads, and that would be as long as the value.
    return jsonschema_rs.Draft4Validator(orjson.loads(schema), validate_formats=False, mask="…")


# Whose members are schemas by names that anyone may choose; of all other keywords the value is one schema or a list.
_BY_NAME = ("properties",)
_OF_SCHEMAS = ("items", "additionalProperties", "not", "allOf", "anyOf", "oneOf")
_NOT_VALIDATED = ("example", "components")


def _as_json_schema(schema: Any) -> Any:
    """OpenAPI 3.0's dialect as JSON Schema draft 4: `nullable` becomes a type."""
    if isinstance(schema, list):
        return [_as_json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _converted(key, value) for key, value in schema.items() if key not in _NOT_VALIDATED}
    if plain.pop("nullable", False) is True:
        if "enum" in plain:
            plain["enum"] = [*plain["enum"], None]
        plain["type"] = [plain["type"], "null"]
    return plain


def _converted(keyword: str, value: Any) -> Any:
    """Return the value of a keyword; a property may have the name of a keyword, and an enum any values."""
    if keyword in _BY_NAME:
        return {name: _as_json_schema(member) for name, member in value.items()}
    return _as_json_schema(value) if keyword in _OF_SCHEMAS else value
