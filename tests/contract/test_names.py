"""What generated code would have to find names for, or types: nothing of the document's."""

from collections.abc import Iterator
from typing import Any

import pytest

from core import document

SPEC = document.load()
SCHEMAS = SPEC["components"]["schemas"]
NULL = ([None], True)
# A generator of 32 bits has no room for more.
MOST = 2**31 - 1


def below(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema below, with where it stands; references are not followed."""
    if isinstance(value, dict):
        if {"type", "oneOf", "anyOf", "allOf", "enum", "properties", "additionalProperties"} & value.keys():
            yield path, value
        for step, inner in value.items():
            if step not in ("example", "examples", "headers") and not step.startswith("x-"):
                yield from below(inner, f"{path}/{step}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from below(inner, f"{path}/{place}")


INLINE = [
    *below(SPEC["paths"], "paths"),
    *below({name: part for name, part in SPEC["components"].items() if name != "schemas"}, "components"),
    *(
        found
        for name, schema in SCHEMAS.items()
        for found in below(schema, name)
        if found[1] is not schema and isinstance(found[1].get("type", ""), str)
    ),
]
EVERY = [*INLINE, *SCHEMAS.items()]


def is_null(schema: dict[str, Any]) -> bool:
    """Whether it is the null of "this, or null"."""
    return (schema.get("enum"), schema.get("nullable")) == NULL


def is_or_null(schema: dict[str, Any]) -> bool:
    """Whether it is "this, or null", which generators know as this, that may be null."""
    first, *others = schema.get("oneOf", ({},))
    return "$ref" in first and len(others) == 1 and is_null(others[0])


def test_what_has_no_name_needs_none() -> None:
    for path, schema in INLINE:
        if is_null(schema) or is_or_null(schema):
            continue
        # Generators make no enum of a single boolean. Members that allOf adds belong to the schema that adds them.
        assert "enum" not in schema or schema["type"] == "boolean", path
        assert not {"oneOf", "anyOf", "allOf"} & schema.keys(), path
        assert schema.get("type") != "object" or "/allOf/" in path, path


def test_a_union_is_one_of_what_has_names() -> None:
    for path, schema in EVERY:
        assert "anyOf" not in schema, f"{path}: half the generators make an empty class of anyOf"
        for member in schema.get("oneOf", ()):
            assert "$ref" in member or (is_null(member) and is_or_null(schema)), path


def test_members_are_added_to_a_schema_by_allof() -> None:
    for path, schema in EVERY:
        if "allOf" in schema:
            assert "properties" not in schema and len(schema["allOf"]) > 1, (
                f"{path}: some take it for the other alone"
            )


def test_an_enum_has_names_that_no_language_has_to_make_up() -> None:
    for name, schema in SCHEMAS.items():
        values = schema.get("enum", ())
        spoken = schema.get("x-enum-varnames", values)
        assert len(spoken) == len(values) and all(str(value)[0].isalpha() for value in spoken), name
        assert None not in values, f"{name}: null is said where the enum is used"


@pytest.mark.parametrize(("kind", "wide"), [("integer", "int64"), ("number", "double")])
def test_a_number_says_how_wide_it_is(kind: str, wide: str) -> None:
    for path, schema in EVERY:
        if schema.get("type") == kind and (kind == "number" or schema.get("maximum", 0) > MOST):
            assert schema.get("format") == wide, path


def test_every_member_has_a_type() -> None:
    for path, schema in EVERY:
        members = {**schema.get("properties", {}), "items": schema.get("items", {"type": "none"})}
        for name, member in members.items():
            assert {"type", "$ref", "oneOf"} & member.keys(), f"{path}/{name}"
