"""The requests that the document's examples make: for each operation its parameters and each of its bodies."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from core import document

SPEC = document.load()
# They compare with a record's state: sent apart, see REFUSED in `test_examples.py`.
RUN_SEPARATELY = {("header", "If-Match")}
FILE = "application/octet-stream"


@dataclass(frozen=True)
class Example:
    """A request as the document shows it. `path` is filled in; `body` is None where there is none."""

    operation: str
    method: str
    path: str
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = ""
    body: Any = None

    @property
    def name(self) -> str:
        """What the test of it is called."""
        return " ".join(part for part in (self.operation, self.media_type.rpartition("/")[2]) if part)


def resolved(item: dict[str, Any]) -> dict[str, Any]:
    """What a `$ref` points at, or the item itself."""
    while "$ref" in item:
        target: Any = SPEC
        for step in item["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        item = target
    return item


def all_examples() -> Iterator[Example]:
    """Every request of the document."""
    for path, method, operation in document.operations(SPEC):
        parameters = [resolved(parameter) for parameter in operation.get("parameters", ())]
        shown = {part: _of(parameters, part) for part in ("path", "query", "header")}
        headers = {name: value for name, value in shown["header"].items() if ("header", name) not in RUN_SEPARATELY}
        for media_type, body in _bodies(operation):
            where = path.format(**shown["path"])
            yield Example(operation["operationId"], method.upper(), where, shown["query"], headers, media_type, body)


def with_parameter(name: str) -> Iterator[Example]:
    """The same with this header of APART, of the operations that take it; without the other headers."""
    for path, method, operation in document.operations(SPEC):
        parameters = [resolved(parameter) for parameter in operation.get("parameters", ())]
        headers = {parameter["name"]: parameter["example"] for parameter in parameters if parameter["name"] == name}
        if headers:
            where = path.format(**_of(parameters, "path"))
            media_type, body = next(_bodies(operation))
            yield Example(operation["operationId"], method.upper(), where, {}, headers, media_type, body)


def _of(parameters: list[dict[str, Any]], part: str) -> dict[str, Any]:
    """The examples of the parameters in this part of a request, as text."""
    values = {parameter["name"]: parameter["example"] for parameter in parameters if parameter["in"] == part}
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}


def _bodies(operation: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each media type with each example of it and of its schema; one without any body where there are none."""
    content = operation.get("requestBody", {}).get("content", {})
    for media_type, media in content.items():
        values = [resolved(example)["value"] for example in media.get("examples", {}).values()]
        of_schema = resolved(media["schema"]).get("example")
        if of_schema is not None and of_schema not in values:
            values.append(of_schema)
        for value in values or [None]:
            yield media_type, value
    if not content:
        yield "", None
