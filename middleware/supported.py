"""The features of OpenAPI 3.0 that this server does not support: a document with one of them stops the start.

Ignored, as Connexion ignores some of them, they would let requests pass that the document forbids.
"""

import re
from collections.abc import Iterator
from typing import Any

from core.document import METHODS
from security import BASIC, BEARER

JSON = "application/json"
# A file: the handler gets its bytes.
FILE = "application/octet-stream"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_SCALARS = ("string", "integer", "number", "boolean")
_PATH_ITEM = {*METHODS, "summary", "description"}
_OPERATION = {
    *("tags", "summary", "description", "externalDocs", "operationId", "parameters", "requestBody", "responses"),
    *("deprecated", "security"),
}
_PARAMETER = {"name", "in", "description", "required", "deprecated", "schema", "example", "examples"}
_MEDIA_TYPE = {"schema", "example", "examples"}
# Annotations, and what `middleware.schemas` checks. `format` is an annotation: patterns check what it means.
_SCHEMA = {
    *(
        "title",
        "description",
        "example",
        "deprecated",
        "externalDocs",
        "default",
        "format",
        "type",
        "nullable",
        "enum",
    ),
    *(
        "multipleOf",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minLength",
        "maxLength",
        "pattern",
    ),
    *("items", "minItems", "maxItems", "uniqueItems", "properties", "additionalProperties", "required"),
    *("minProperties", "maxProperties", "allOf", "oneOf", "anyOf", "not"),
}


def require_supported(document: dict[str, Any]) -> None:
    """Raise ValueError with each place of the document that uses an unsupported feature."""
    found = [*_of_security(document), *_of_paths(document)]
    if found:
        raise ValueError("\n".join(["spec/openapi.yaml uses features that this server does not support:", *found]))


def _of_security(document: dict[str, Any]) -> Iterator[str]:
    for name, scheme in document.get("components", {}).get("securitySchemes", {}).items():
        if scheme["type"] != "http" or scheme["scheme"] not in (BASIC, BEARER):
            yield f"the security scheme {name}: it must have the type http and the scheme {BASIC} or {BEARER}"


def _of_paths(document: dict[str, Any]) -> Iterator[str]:
    yield from _of_alternatives("the document", document)
    for path, item in document["paths"].items():
        yield from _unknown(path, item, _PATH_ITEM)
        for method in METHODS:
            if method in item:
                yield from _of_operation(f"{method.upper()} {path}", path, item[method], document)


def _of_operation(place: str, path: str, operation: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(place, operation, _OPERATION)
    for needed in ("operationId", "tags", "x-openapi-router-controller"):
        if not operation.get(needed):
            yield f"{place}: it must have {needed}"
    yield from _of_alternatives(place, operation)
    parameters = [_resolved(parameter, document) for parameter in operation.get("parameters", ())]
    stated = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
    if stated != set(re.findall(r"{(\w+)}", path)):
        yield f"{place}: the parameters in the path must be declared, with names of letters, digits and underscores"
    for parameter in parameters:
        yield from _of_parameter(f"{place}, the parameter {parameter['name']}", parameter, document)
    if "requestBody" in operation:
        yield from _of_body(f"{place}, the body", _resolved(operation["requestBody"], document), document)


def _of_alternatives(place: str, owner: dict[str, Any]) -> Iterator[str]:
    if any(len(alternative) > 1 or any(alternative.values()) for alternative in owner.get("security") or ()):
        yield f"{place}: each alternative of security must have one scheme without scopes"


def _of_parameter(place: str, parameter: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(place, parameter, _PARAMETER)
    if parameter["in"] not in ("path", "query", "header"):
        yield f"{place}: it must be in the path, the query or a header"
    schema = _resolved(parameter.get("schema", {}), document)
    if schema.get("type") not in _SCALARS or schema.get("nullable"):
        yield f"{place}: its schema must have one of the types {', '.join(_SCALARS)}, and not be nullable"
    yield from _of_schema(place, schema, document, ())


def _of_body(place: str, body: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    if not isinstance(body.get("x-max-bytes"), int):
        yield f"{place}: it must have x-max-bytes"
    for kind, media in body["content"].items():
        yield from _unknown(f"{place} as {kind}", media, _MEDIA_TYPE)
        schema = _resolved(media.get("schema", {}), document)
        wanted = "string" if kind == FILE else "object"
        if kind not in (JSON, FILE, *FORMS):
            yield f"{place} as {kind}: the media type must be one of {', '.join((JSON, FILE, *FORMS))}"
        elif schema.get("type", "object") != wanted:
            yield f"{place} as {kind}: its schema must have the type {wanted}"
        yield from _of_schema(f"{place} as {kind}", media.get("schema", {}), document, ())


def _of_schema(place: str, schema: Any, document: dict[str, Any], inside: tuple[str, ...]) -> Iterator[str]:
    """`inside` are the references that lead to the schema."""
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref")
    if reference in inside:
        yield f"{place}: the schema {reference} must not contain itself"
        return
    if reference:
        inside = (*inside, reference)
        schema = _resolved(schema, document)
    yield from _unknown(place, schema, _SCHEMA)
    if schema.get("nullable") and "type" not in schema:
        yield f"{place}: nullable must have a type beside it"
    for name, member in _schemas_in(schema):
        yield from _of_schema(f"{place}/{name}", member, document, inside)


def _schemas_in(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from schema.get("properties", {}).items()
    for keyword in ("items", "additionalProperties", "not"):
        if keyword in schema:
            yield keyword, schema[keyword]
    for keyword in ("allOf", "oneOf", "anyOf"):
        for alternative in schema.get(keyword, ()):
            yield keyword, alternative


def _unknown(place: str, found: dict[str, Any], known: set[str]) -> Iterator[str]:
    for keyword in found:
        if keyword not in known and not keyword.startswith("x-"):
            yield f"{place}: {keyword} is not supported"


def _resolved(found: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Return what stands behind a reference, whose siblings count for nothing."""
    while "$ref" in found:
        target: Any = document
        for step in found["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        found = target
    return found
