"""Schemas and parameters of the document: checks, codes and details."""

from typing import Any

import pytest

from core.errors import ValidationFailed
from middleware.parameters import Parameter
from middleware.schemas import Schema


@pytest.fixture(scope="module", autouse=True)
def _unharmed() -> None:
    """These tests start no server process."""


def rejected(schema: dict[str, Any], value: Any) -> str:
    """Return the code with which the value is rejected."""
    with pytest.raises(ValidationFailed) as rejection:
        Schema(schema, "body").check(value)
    return rejection.value.code


@pytest.mark.parametrize(
    ("schema", "value", "detail"),
    [
        ({"minimum": 3}, 2, "is less than 3"),
        ({"maximum": 31_536_000}, 10**9, "is more than 31,536,000"),
        ({"minimum": 0, "exclusiveMinimum": True}, 0, "is not more than 0"),
        ({"maximum": 0.5, "exclusiveMaximum": True}, 0.5, "is not less than 0.5"),
        ({"minLength": 8}, "short", "has fewer than 8 characters"),
        ({"maxLength": 1_000}, "a" * 1_001, "has more than 1,000 characters"),
        ({"type": "array", "minItems": 2}, [1], "has fewer than 2 members"),
        ({"type": "array", "maxItems": 2}, [1] * 3, "has more than 2 members"),
        ({"type": "object", "maxProperties": 1}, {"a": 1, "b": 2}, "has more than 1 members"),
        ({"type": "object", "minProperties": 1}, {}, "has fewer than 1 members"),
    ],
)
def test_the_error_names_the_limit(schema: dict[str, Any], value: Any, detail: str) -> None:
    with pytest.raises(ValidationFailed) as rejection:
        Schema(schema, "body").check(value)
    assert rejection.value.violations[0].detail == detail


def test_a_property_may_have_the_name_of_a_keyword() -> None:
    members = {name: {"type": "integer"} for name in ("example", "nullable", "components", "properties")}
    schema = {"type": "object", "properties": members, "example": {"example": "no integer"}}
    Schema(schema, "body").check(dict.fromkeys(members, 1))
    for name in members:
        assert rejected(schema, {name: "a text"}) == "validationFailed"


def test_the_values_of_an_enum_are_not_read_as_schemas() -> None:
    schema = {"enum": [{"nullable": True}], "type": "object"}
    Schema(schema, "body").check({"nullable": True})
    assert rejected(schema, {}) == "validationFailed"


def test_a_number_that_is_not_whole_may_have_a_code_of_its_own() -> None:
    schema = {"type": "integer", "x-error-codes": {"type": "notNumeric", "integer": "notWhole"}}
    assert [rejected(schema, value) for value in (1.5, "1", True, None)] == ["notWhole", *["notNumeric"] * 3]


@pytest.mark.parametrize(("text", "value"), [("1", 1), ("-0.5", -0.5), ("12.25", 12.25)])
def test_a_number_parameter_is_decoded(text: str, value: float) -> None:
    parameter = Parameter({"name": "height", "in": "query", "schema": {"type": "number"}})
    assert parameter.value(text) == value


@pytest.mark.parametrize("text", ["1e3", "NaN", "Infinity", "+1", "1_0", ".5", "5.", "\u0661", "0x1"])
def test_a_text_that_is_not_a_plain_number_is_rejected(text: str) -> None:
    parameter = Parameter({"name": "height", "in": "query", "schema": {"type": "number"}})
    with pytest.raises(ValidationFailed):
        parameter.value(text)


def test_an_absent_parameter_has_the_default_of_the_document() -> None:
    parameter = Parameter({"name": "public", "in": "query", "schema": {"type": "boolean", "default": False}})
    assert [parameter.value(text) for text in (None, "true")] == [False, True]
