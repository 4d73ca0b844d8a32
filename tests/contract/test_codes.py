"""Each code that the document lists can come out where it is listed."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from core import document, problem_types
from tests.contract.test_document import codes_in_handlers, resolved
from tests.service import ROOT

OPERATIONS = document.operations(document.load())
# Of errors that any part of the server may raise. Whether an operation can, is tested with the operation.
OF_ERRORS = {problem_type.code for problem_type in problem_types.PROBLEM_TYPES.values()} | {
    problem_types.INTERNAL_ERROR.code
}
FOLDERS = ("core", "handlers", "middleware", "serving", "services", "storage")


def codes_of(schema: dict[str, Any]) -> Iterator[str]:
    """The codes of a body: its own and those of its members, and of the schemas that it is composed of."""
    whole = resolved(schema)
    yield from whole.get("x-error-codes", {}).values()
    for keyword in ("oneOf", "allOf"):
        for part in whole.get(keyword, ()):
            yield from codes_of(part)
    for field, member in whole.get("properties", {}).items():
        for keyword, code in resolved(member).get("x-error-codes", {}).items():
            if keyword != "required" or field in whole.get("required", ()):
                yield code


def codes_of_request(operation: dict[str, Any]) -> set[str]:
    """The codes that validation of the operation's body and parameters can give."""
    body = operation.get("requestBody", {})
    found = {code for media in body.get("content", {}).values() for code in codes_of(media["schema"])}
    for reference in operation.get("parameters", ()):
        parameter = resolved(reference)
        found |= {
            code
            for keyword, code in resolved(parameter["schema"]).get("x-error-codes", {}).items()
            if keyword != "required" or parameter["required"]
        }
    return found | ({body["x-error-code"]} if "x-error-code" in body else set())


@pytest.mark.parametrize(
    "operation", [pytest.param(operation, id=operation["operationId"]) for _, _, operation in OPERATIONS]
)
def test_an_operation_lists_the_codes_of_its_request_and_those_that_handlers_name(operation: dict[str, Any]) -> None:
    of_request, listed = codes_of_request(operation), set(operation["x-errors"])
    assert of_request <= listed
    assert listed - of_request - OF_ERRORS <= codes_in_handlers()


def test_every_error_with_a_code_is_raised_somewhere() -> None:
    files = [
        path
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if path.name not in ("errors.py", "problem_types.py")
    ]
    source = "\n".join(path.read_text() for path in [*files, ROOT / "security.py", ROOT / "app.py"])
    named = set(re.findall(r"\b[A-Z]\w+", re.sub(r"^(from|import) .*$", "", source, flags=re.MULTILINE)))
    assert not {error.__name__ for error in problem_types.PROBLEM_TYPES} - named
