"""Holding a value against a schema of the document, and telling a failure by the code that clients know."""

from typing import Any

import jsonschema_rs

from errors import SchemaViolation, ValidationFailed

# What is wanted, in words; neither the value nor the schema's own text is echoed.
_WANTED = {
    "required": "is missing",
    "type": "has the wrong type",
    "enum": "is not one of the allowed values",
    "minimum": "is too small",
    "maximum": "is too large",
    "minLength": "is too short",
    "maxLength": "is too long",
    "minItems": "has too few members",
    "maxItems": "has too many members",
    "maxProperties": "has too many members",
    "pattern": "does not have the documented form",
    "additionalProperties": "is not documented",
}
MOST_VIOLATIONS = 20


class Schema:
    """A schema of the document, compiled. `part` is where its values come from: body, path or query."""

    def __init__(self, schema: dict[str, Any], part: str, name: str = "") -> None:
        self._schema = schema
        self._part = part
        self._name = name
        self._order = {field: place for place, field in enumerate(schema.get("properties", {}))}
        self._validator = jsonschema_rs.Draft4Validator(_as_json_schema(schema), validate_formats=False)

    def check(self, value: Any) -> None:
        """Raise ValidationFailed with every violation, in the order of the document, unless the value fits."""
        if self._validator.is_valid(value):
            return
        errors = sorted(self._validator.iter_errors(value), key=self._place)[:MOST_VIOLATIONS]
        raise ValidationFailed(self._code(errors[0], value), [self._violation(error) for error in errors])

    def _place(self, error: Any) -> int:
        return self._order.get(_field(error), len(self._order))

    def _violation(self, error: Any) -> SchemaViolation:
        steps = [self._name] if self._name else []
        steps += [str(step) for step in error.instance_path]
        if error.kind.name == "required":
            steps.append(error.kind.property)
        pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1")[:100] for step in steps)
        return SchemaViolation(self._part, pointer, _WANTED.get(error.kind.name, "is not as documented"))

    def _code(self, error: Any, value: Any) -> str:
        """The code beside the schema for the keyword that failed; `null` counts as missing."""
        field = _field(error)
        schema = self._schema.get("properties", {}).get(field, {}) if field else self._schema
        codes = schema.get("x-error-codes", {})
        keyword = error.kind.name
        if keyword == "type" and isinstance(value, dict) and value.get(field, "") is None and "required" in codes:
            keyword = "required"
        code: str = codes.get(keyword) or codes.get("default") or "validationFailed"
        return code


def _field(error: Any) -> str:
    """The member of the body that an error is about; the empty string where it is the body itself."""
    if error.instance_path:
        return str(error.instance_path[0])
    return str(error.kind.property) if error.kind.name == "required" else ""


def _as_json_schema(schema: Any) -> Any:
    """OpenAPI 3.0's dialect as JSON Schema draft 4: `nullable` becomes a type."""
    if isinstance(schema, list):
        return [_as_json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _as_json_schema(value) for key, value in schema.items() if key not in ("example", "components")}
    if plain.pop("nullable", False) is True:
        if "enum" in plain:
            plain["enum"] = [*plain["enum"], None]
        plain["type"] = [plain["type"], "null"]
    return plain
