"""One reply, held against what the document says of its operation."""

import re
from typing import Any

import httpx2
import schemathesis
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup

load_all_checks()
CONFORMANCE = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)
# Headers of the document that only some responses have. Limits may be off.
SOMETIMES = {"idempotent-replayed", "last-modified", "link", "ratelimit", "ratelimit-policy", "retry-after"}
_PARAMETER = re.compile(r"\{(\w+)\}")


class Book:
    """A document, ready for replies to be held against it."""

    def __init__(self, published: dict[str, Any], *, limited: bool) -> None:
        self._schema = schemathesis.openapi.from_dict(published)
        self._sometimes = SOMETIMES - ({"ratelimit", "ratelimit-policy"} if limited else set())
        self._operations = {
            operation["operationId"]: (path, method, operation)
            for path, item in published["paths"].items()
            for method, operation in item.items()
        }

    def find(self, name: str) -> tuple[str, str, dict[str, Any]]:
        """The path, the method and the definition of an operation."""
        return self._operations[name]

    def names(self) -> list[str]:
        """Every operation."""
        return list(self._operations)

    def hold(self, name: str, reply: httpx2.Response) -> None:
        """Fail (AssertionError) unless status, headers, type and body are as the document states them."""
        operation = self._schema.find_operation_by_id(name)
        # What stood in the path is nothing to the checks, but they want to know.
        asked = operation.Case(path_parameters=dict.fromkeys(_PARAMETER.findall(operation.path), "1"))
        try:
            asked.validate_response(reply, checks=CONFORMANCE)
        except FailureGroup as group:
            raise AssertionError(f"{name}: " + "\n".join(str(failure) for failure in group.exceptions)) from None
        answer = operation.responses.find_by_status_code(reply.status_code)
        missing = {header.lower() for header, _ in answer.headers.items()} - self._sometimes - set(reply.headers)
        assert not missing, f"{name}: {reply.status_code} without the header {sorted(missing)}"
