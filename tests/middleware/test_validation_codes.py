"""Each code that the document states beside a schema is returned for a value that violates it."""

from collections.abc import Iterator
from typing import Any

import pytest

from core import document
from tests.matrix import on_sqlite
from tests.middleware.codes import GOOD, TABLE
from tests.middleware.codes.case import ABSENT
from tests.problems import problem
from tests.service import Person

pytestmark = on_sqlite

Stated = tuple[str, str, str, str]


def stated() -> Iterator[Stated]:
    """Yield operation, field, keyword and code of each request body and each schema in it."""
    for _, _, operation in document.operations(document.load()):
        # Files have no fields. Their errors are tested in tests/interchange/.
        if set(operation.get("requestBody", {}).get("content", ())) <= {"application/octet-stream"}:
            continue
        name, body = operation["operationId"], operation["requestBody"]
        if "x-error-code" in body:
            yield name, "", "body", body["x-error-code"]
        whole = resolved(next(iter(body["content"].values()))["schema"])
        for schema in (whole, *map(resolved, [*whole.get("oneOf", ()), *whole.get("allOf", ())])):
            for keyword, code in schema.get("x-error-codes", {}).items():
                yield name, "", keyword, code
            for field, member in schema.get("properties", {}).items():
                for keyword, code in resolved(member).get("x-error-codes", {}).items():
                    if keyword != "required" or field in schema.get("required", ()):
                        yield name, field, keyword, code


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    return document.load()["components"]["schemas"][reference.rsplit("/", 1)[1]] if reference else schema


def test_the_table_has_every_code_that_the_document_states(service: object) -> None:
    missing = set(stated()) - {(name, field, keyword, code) for name, field, keyword, _, code in TABLE}
    assert not missing, "add rows to TABLE in tests/middleware/codes/: operation, field, keyword, code"


@pytest.mark.parametrize(
    ("name", "field", "value", "code"),
    [(name, field, value, code) for name, field, _, value, code in TABLE],
    ids=[f"{name}-{field}-{keyword}-{code}" for name, field, keyword, _, code in TABLE],
)
def test_an_invalid_field_has_its_code_and_pointer(
    sender: Person, name: str, field: str, value: Any, code: str
) -> None:
    method, path, good = GOOD[name]
    body = good | {field: value} if field else value
    sent = {key: part for key, part in body.items() if part is not ABSENT}
    if value is ABSENT and not sent:
        sent = {"unknown": 1}
    before = sender.get("/account").json()["account"]
    response = problem(sender.request(method, path, json=sent), 400, code)
    assert [violation["pointer"] for violation in response["errors"]] == [f"/{field}" if field else ""]
    assert response["errors"][0]["in"] == "body"
    after = sender.get("/account").json()["account"]
    assert {**after, "jwtCalls": 0, "lastSeen": 0} == {**before, "jwtCalls": 0, "lastSeen": 0}
