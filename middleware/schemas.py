"""Schema validation: values are checked against schemas of the document; failures have the codes of `x-error-codes`.

`jsonschema-rs` with the dialect of OpenAPI 3.0. It nearly halves the cost of a POST against Connexion's validator.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import jsonschema_rs
import orjson

from core.errors import SchemaViolation, ValidationFailed

# The detail of a violation, by keyword. It repeats neither the value nor the text of the schema.
_DETAILS = {
    "required": "is missing",
    "type": "has the wrong type",
    "integer": "is not a whole number",
    "enum": "is not one of the allowed values",
    "pattern": "does not have the documented form",
    "additionalProperties": "is not documented",
}
# The same for keywords with a limit, which the detail names.
_LIMITS = {
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
    """A compiled schema of the document. `part` is where its values come from: body, path, query or header.

    A failure has one violation for each invalid member. The library could list all violations, but takes seconds to
    collect them for a body with many.
    """

    def __init__(
        self, schema: dict[str, Any], part: str, name: str = "", *, otherwise: str = "validationFailed"
    ) -> None:
        self._part = part
        self._name = name
        self._codes: dict[str, str] = schema.get("x-error-codes", {})
        self._otherwise: str = self._codes.get("default", otherwise)
        # Of the schemas of an allOf the last one that states a member counts.
        parts = [schema, *schema.get("allOf", ())]
        self._required = frozenset(field for one in parts for field in one.get("required", ()))
        self._is_constant = "enum" in schema
        self._type: str = schema.get("type", "")
        self._most: dict[str, int] = {key: schema[key] for key in ("maxProperties", "maxItems") if key in schema}
        members = {field: member for one in parts for field, member in one.get("properties", {}).items()}
        self._members = {
            field: Schema(member, part, field, otherwise=self._otherwise) for field, member in members.items()
        }
        self._alternatives = [
            Schema(alternative, part, name, otherwise=self._otherwise) for alternative in schema.get("oneOf", ())
        ]
        self._validator = _compiled(orjson.dumps(_as_json_schema(schema)))

    def check(self, value: Any) -> None:
        """Raise ValidationFailed with each invalid member in the order of the document."""
        if self._validator.is_valid(value):
            return
        failures = self._failures(value)[:MOST_VIOLATIONS]
        raise ValidationFailed(failures[0][0], [violation for _, violation in failures])

    def _failures(self, value: Any) -> list[tuple[str, SchemaViolation]]:
        """Return code and violation of each invalid member, or of the value itself if all members are valid."""
        alternative = self._intended_alternative(value)
        if alternative is not None:
            return alternative._failures(value)
        return (self._failed_members(value) if isinstance(value, dict) else []) or [self._failure(value)]

    def _failed_members(self, value: dict[str, Any]) -> list[tuple[str, SchemaViolation]]:
        failed = []
        for field, member in self._members.items():
            if field not in value:
                if field in self._required:
                    failed.append(member._violation("required"))
            elif not member._validator.is_valid(value[field]):
                # A null or an empty text counts as missing where a value is required.
                is_missing = value[field] in (None, "") and field in self._required and "required" in member._codes
                failed.append(member._violation("required") if is_missing else member._failure(value[field]))
        return failed

    def _failure(self, value: Any) -> tuple[str, SchemaViolation]:
        if self._alternatives:
            # The library would copy the value for each alternative and each invalid place in it.
            return self._violation("oneOf")
        keyword = self._failed_container_keyword(value)
        if keyword:
            return self._violation(keyword, limit=self._most.get(keyword))
        try:
            self._validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            keyword = error.kind.name
            if keyword == "type" and type(value) is float and "integer" in self._codes:
                keyword = "integer"
            return self._violation(keyword, error.instance_path, getattr(error.kind, "limit", None))
        raise AssertionError("the value is valid")

    def _failed_container_keyword(self, value: Any) -> str:
        """Return the keyword that a list or an object violates as a whole, else "": the library would copy it all."""
        if isinstance(value, dict | list):
            kind, most = ("object", "maxProperties") if isinstance(value, dict) else ("array", "maxItems")
            if self._type not in (kind, ""):
                return "type"
            if len(value) > self._most.get(most, len(value)):
                return most
        return ""

    def _violation(
        self, keyword: str, path: Iterable[str | int] = (), limit: float | None = None
    ) -> tuple[str, SchemaViolation]:
        code = self._codes.get(keyword, self._otherwise)
        steps = [*([self._name] if self._name else ()), *map(str, path)]
        pointer = "".join("/" + step[:LONGEST_STEP].replace("~", "~0").replace("/", "~1") for step in steps)
        detail = _DETAILS.get(keyword, "is not as documented")
        if limit is not None and keyword in _LIMITS:
            detail = _LIMITS[keyword].format(f"{limit:,}")
        return code, SchemaViolation(self._part, pointer, detail)

    def _intended_alternative(self, value: Any) -> "Schema | None":
        """Return the alternative of a oneOf whose constants the value has, if it is the only one."""
        found = [alternative for alternative in self._alternatives if alternative._has_constants(value)]
        return found[0] if len(found) == 1 else None

    def _has_constants(self, value: Any) -> bool:
        return isinstance(value, dict) and all(
            field in value and member._validator.is_valid(value[field])
            for field, member in self._members.items()
            if member._is_constant
        )


@cache
def _compiled(schema: bytes) -> jsonschema_rs.Draft4Validator:
    """Return the validator of a schema. Equal schemas share one, because each takes 15 KB."""
    # The mask keeps the value out of the library's messages, which are not used and would be as long as the value.
    return jsonschema_rs.Draft4Validator(orjson.loads(schema), validate_formats=False, mask="…")


# The keywords whose value is a mapping of schemas by name; those whose value is one schema or a list.
_BY_NAME = ("properties",)
_OF_SCHEMAS = ("items", "additionalProperties", "not", "allOf", "anyOf", "oneOf")
_NOT_VALIDATED = ("example", "components")


def _as_json_schema(schema: Any) -> Any:
    """Return a schema of OpenAPI 3.0 as JSON Schema draft 4: `nullable` becomes a type."""
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
    """Return the converted value of a keyword. A property can have the name of a keyword, and an enum any values."""
    if keyword in _BY_NAME:
        return {name: _as_json_schema(member) for name, member in value.items()}
    return _as_json_schema(value) if keyword in _OF_SCHEMAS else value
