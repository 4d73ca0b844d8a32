"""The document bounds every string, number and list."""

from tests.contract.test_document import SPEC, schemas


def test_every_string_number_and_list_is_bounded() -> None:
    for path, schema in schemas(SPEC["components"]["schemas"], ""):
        kind = schema.get("type")
        if kind == "string":
            assert "maxLength" in schema or "enum" in schema, path
        elif kind in ("integer", "number"):
            assert {"minimum", "maximum"} <= set(schema) or "enum" in schema, path
        elif kind == "array":
            assert "maxItems" in schema, path
