"""Features of OpenAPI that the server does not support stop the start, with a message that names their place."""

from copy import deepcopy
from typing import Any

import pytest

import app
import settings
from core import document
from middleware.supported import require_supported

SMALL: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "A document", "version": "1"},
    "components": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "schemas": {"Set": {"type": "object", "properties": {"name": {"type": "string", "nullable": True}}}},
    },
    "paths": {
        "/sets/{id}": {
            "patch": {
                "operationId": "update_set",
                "tags": ["Sets"],
                "x-openapi-router-controller": "handlers.sets",
                "security": [{"bearer": []}],
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "requestBody": {
                    "x-max-bytes": 1,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Set"}}},
                },
                "responses": {"200": {"description": "It is"}},
            }
        }
    },
}
OPERATION = ("paths", "/sets/{id}", "patch")
PARAMETER = (*OPERATION, "parameters", 0)
BODY = (*OPERATION, "requestBody")
SET = ("components", "schemas", "Set")
NAME = (*SET, "properties", "name")
QUERY = {"name": "tags", "in": "query"}


@pytest.fixture(scope="module", autouse=True)
def _unharmed() -> None:
    """These tests start no server process."""


def with_change(place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """Return the small document with this value at this place."""
    changed = deepcopy(SMALL)
    target: Any = changed
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    return changed


def test_the_document_is_supported() -> None:
    require_supported(document.load())
    require_supported(SMALL)


CASES = {
    "api key": (
        ("components", "securitySchemes", "bearer"),
        {"type": "apiKey"},
        "the security scheme bearer: it must have the type http",
    ),
    "schemes together": ((*OPERATION, "security"), [{"bearer": [], "key": []}], "one scheme without scopes"),
    "scopes": ((*OPERATION, "security"), [{"bearer": ["read"]}], "one scheme without scopes"),
    "parameters of a path": (("paths", "/sets/{id}", "parameters"), [], "/sets/{id}: parameters is not supported"),
    "callbacks": ((*OPERATION, "callbacks"), {}, "PATCH /sets/{id}: callbacks is not supported"),
    "no operationId": ((*OPERATION, "operationId"), "", "it must have operationId"),
    "no module": ((*OPERATION, "x-openapi-router-controller"), "", "it must have x-openapi-router-controller"),
    "no tag": ((*OPERATION, "tags"), [], "it must have tags"),
    "undeclared parameter": ((*PARAMETER, "name"), "uuid", "the parameters in the path must be declared"),
    "array": (PARAMETER, QUERY | {"schema": {"type": "array"}}, "the parameter tags: its schema must have one of"),
    "object": (PARAMETER, QUERY | {"schema": {"type": "object"}}, "the parameter tags: its schema must have one of"),
    "content": (PARAMETER, QUERY | {"content": {}}, "the parameter tags: content is not supported"),
    "style": ((*PARAMETER, "style"), "label", "the parameter id: style is not supported"),
    "cookie": ((*PARAMETER, "in"), "cookie", "it must be in the path, the query or a header"),
    "no size": ((*BODY, "x-max-bytes"), None, "the body: it must have x-max-bytes"),
    "media type": ((*BODY, "content"), {"text/csv": {}}, "as text/csv: the media type must be one of"),
    "encoding": (
        (*BODY, "content"),
        {"multipart/form-data": {"encoding": {}}},
        "as multipart/form-data: encoding is not supported",
    ),
    "list as body": ((*SET, "type"), "array", "as application/json: its schema must have the type object"),
    "discriminator": ((*SET, "discriminator"), {}, "as application/json: discriminator is not supported"),
    "readOnly": ((*NAME, "readOnly"), True, "as application/json/name: readOnly is not supported"),
    "nullable without type": (NAME, {"nullable": True}, "as application/json/name: nullable must have a type"),
    "recursion": (NAME, {"$ref": "#/components/schemas/Set"}, "the schema #/components/schemas/Set must not contain"),
}


@pytest.mark.parametrize(("place", "value", "message"), CASES.values(), ids=CASES)
def test_an_unsupported_feature_stops_the_start(place: tuple[str | int, ...], value: Any, message: str) -> None:
    with pytest.raises(
        ValueError, match=r"spec/openapi\.yaml uses features that this server does not support"
    ) as error:
        require_supported(with_change(place, value))
    assert message in str(error.value)


def test_the_application_is_not_made_from_an_unsupported_document(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(document, "load", lambda: with_change((*PARAMETER, "in"), "cookie"))
    with pytest.raises(ValueError, match="the parameter id: it must be in the path"):
        app.create_app(settings.make_secrets(settings.load(data_dir=tmp_path_factory.mktemp("data"))))
