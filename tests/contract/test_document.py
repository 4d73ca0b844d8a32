"""The document itself: valid, complete, and true of the code."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from openapi_schema_validator import OAS30WriteValidator
from openapi_spec_validator import validate

import handlers
from core import document, problem_types
from tests.contract.levels import CASES
from tests.service import ROOT

SPEC = document.load()
OPERATIONS = document.operations(SPEC)
CODES = SPEC["components"]["schemas"]["ErrorCode"]["enum"]
# The module of handlers of each tag.
MODULES = {op["tags"][0]: op["x-openapi-router-controller"] for _, _, op in OPERATIONS}
by_operation = pytest.mark.parametrize(
    "operation", [pytest.param(op, id=op["operationId"]) for _, _, op in OPERATIONS]
)

# What any operation may answer, whatever it does.
GENERAL = {
    "preconditionFailed",
    "malformedBody",
    "validationFailed",
    "methodNotAllowed",
    "notAcceptable",
    "bodyTooLarge",
    "bodyTooSlow",
    "unsupportedMediaType",
    "quotaExceeded",
    "internalError",
    "unavailable",
}

# The operations that accept images, patterns, posts or files, and the one that accepts less than the others.
LARGE_BODIES = {
    **dict.fromkeys(("create_set", "update_set", "create_pattern", "update_pattern"), 12_000_000),
    **dict.fromkeys(("create_curated_set", "update_curated_set", "suggest_curated_set"), 12_000_000),
    **dict.fromkeys(("create_option_pack", "update_option_pack", "suggest_option_pack"), 12_000_000),
    **dict.fromkeys(("update_account", "upload_image", "import_users", "migrate_account"), 12_000_000),
    **dict.fromkeys(("import_set", "import_subscribers"), 1_048_576),
    "open_post": 2_500_000,
    "unsubscribe_in_one_click": 20_000,
}


def resolved(item: dict[str, Any]) -> dict[str, Any]:
    """What a `$ref` points at, or the item itself."""
    while "$ref" in item:
        target: Any = SPEC
        for step in item["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        item = target
    return item


def examples(media: dict[str, Any]) -> list[Any]:
    """The examples of a media type, its schema's own where it has none."""
    if "examples" in media:
        return [resolved(example)["value"] for example in media["examples"].values()]
    if "example" in media:
        return [media["example"]]
    schema = resolved(media["schema"])
    return [schema["example"]] if "example" in schema else []


def media_types() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every body of a request or response of the document with a name; a shared response once."""
    for name, shared in SPEC["components"]["responses"].items():
        for kind, media in shared.get("content", {}).items():
            yield f"{name} {kind}", media
    for _, _, operation in OPERATIONS:
        name = operation["operationId"]
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{name} request {kind}", media
        for status, reply in operation["responses"].items():
            for kind, media in reply.get("content", {}).items():
                yield f"{name} {status} {kind}", media


MEDIA = list(media_types())


def matches(value: Any, schema: dict[str, Any]) -> None:
    """Fail unless the value is as the schema says, null and all."""
    whole = {"allOf": [schema], "components": SPEC["components"]}
    errors_found = list(OAS30WriteValidator(whole).iter_errors(value))
    assert not errors_found, errors_found[0].message


def test_the_document_is_valid_openapi() -> None:
    validate(SPEC)


@pytest.mark.parametrize(("name", "media"), MEDIA, ids=[name for name, _ in MEDIA])
def test_every_body_has_an_example_that_validates(name: str, media: dict[str, Any]) -> None:
    if resolved(media["schema"]).get("format") == "binary":
        return
    shown = examples(media)
    assert shown
    for example in shown:
        matches(example, media["schema"])


@by_operation
def test_an_operation_states_its_largest_body_for_programs_and_for_readers(operation: dict[str, Any]) -> None:
    if "requestBody" not in operation:
        return
    body = operation["requestBody"]
    assert body["x-max-bytes"] == LARGE_BODIES.get(operation["operationId"], 65_536)
    assert body["description"].endswith(f"At most {body['x-max-bytes']:,} bytes.")
    assert {"408", "413", "415"} <= set(operation["responses"])
    for media in body["content"].values():
        assert resolved(media["schema"]).get("maxLength", 0) <= body["x-max-bytes"]


def test_every_parameter_and_header_example_validates() -> None:
    for item in (*SPEC["components"]["parameters"].values(), *SPEC["components"]["headers"].values()):
        matches(item["example"], item["schema"])


def test_every_example_of_a_schema_and_its_members_validates() -> None:
    shown = [(path, schema) for path, schema in schemas(SPEC["components"]["schemas"], "") if "example" in schema]
    assert len(shown) > 100
    for path, schema in shown:
        try:
            matches(schema["example"], schema)
        except AssertionError as error:
            raise AssertionError(f"{path}: {error}") from error


def test_every_default_validates() -> None:
    with_default = [schema for _, schema in schemas(SPEC, "") if "default" in schema]
    assert with_default
    for schema in with_default:
        matches(schema["default"], schema)


def test_every_operation_has_its_handler_and_every_handler_its_operation() -> None:
    stated = {(op["x-openapi-router-controller"], op["operationId"]) for _, _, op in OPERATIONS}
    found = {
        (module.name, name)
        for module in pkgutil.iter_modules(handlers.__path__, "handlers.")
        if not module.ispkg
        for name, member in vars(importlib.import_module(module.name)).items()
        if inspect.iscoroutinefunction(member) and not name.startswith("_") and _is_from(member, module.name)
    }
    assert found == stated, "each operation is a coroutine of its module; helpers begin with _"


def _is_from(member: Any, module: str) -> bool:
    return bool(member.__module__ == module)


def test_a_tag_is_a_module_of_handlers() -> None:
    pairs = {(op["tags"][0], op["x-openapi-router-controller"]) for _, _, op in OPERATIONS}
    assert len(pairs) == len(MODULES) == len(set(MODULES.values()))
    assert {tag["name"] for tag in SPEC["tags"]} == set(MODULES)


def test_every_operation_that_needs_authentication_is_in_the_tables_of_the_level_tests() -> None:
    secured = {op["operationId"] for _, _, op in OPERATIONS if op["security"] and {} not in op["security"]}
    assert set(CASES) == secured, "each has a case in tests/contract/levels/"


def parameters_of(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The operation's parameters, resolved."""
    return [resolved(parameter) for parameter in operation.get("parameters", [])]


def codes_of(operation: dict[str, Any]) -> set[str]:
    """The codes of an operation's own, and those that its parameters bring along."""
    brought = {code for parameter in parameters_of(operation) for code in parameter.get("x-errors", ())}
    return {*operation["x-errors"], *brought}


@by_operation
def test_a_handler_takes_what_the_document_gives(operation: dict[str, Any]) -> None:
    module = importlib.import_module(operation["x-openapi-router-controller"])
    of_request = {"caller", "client", "preconditions", "request_id", "services"}
    taken = set(inspect.signature(getattr(module, operation["operationId"])).parameters) - of_request
    given = {
        document.argument_of(parameter["name"], parameter["in"])
        for parameter in parameters_of(operation)
        if "x-handled-by" not in parameter
    }
    assert taken == given | ({"body"} if "requestBody" in operation else set())


@by_operation
def test_an_operation_is_described_as_our_style_asks(operation: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", operation["operationId"])
    assert len(operation["summary"]) < 60 and not operation["summary"].endswith(".")
    assert operation["description"].strip() and len(operation["tags"]) == 1
    assert "security" in operation and "x-errors" in operation
    if operation["security"] and {} not in operation["security"]:
        assert f"level {operation['x-level']}" in " ".join(operation["description"].split())


@by_operation
def test_the_codes_of_an_operation_fit_its_statuses(operation: dict[str, Any]) -> None:
    statuses = {problem_type.code: problem_type.status for problem_type in problem_types.PROBLEM_TYPES.values()}
    for code in codes_of(operation):
        assert str(statuses.get(code, 400)) in operation["responses"], code


@by_operation
def test_an_operation_that_can_get_a_malformed_value_documents_400(operation: dict[str, Any]) -> None:
    checked = [one["name"] for one in parameters_of(operation) if one["in"] in ("header", "query")]
    assert not checked or "400" in operation["responses"], checked


@by_operation
def test_what_makes_something_and_nothing_else_takes_an_idempotency_key(operation: dict[str, Any]) -> None:
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    # A pattern's clone is answered 200, as FreeSewing does.
    makes = "201" in operation["responses"] or operation["operationId"] == "clone_pattern"
    assert (key in operation.get("parameters", [])) == makes
    assert any(one.get("x-handled-by") == "idempotency" for one in parameters_of(operation)) == makes
    if makes:
        assert {"400", "409", "422"} <= set(operation["responses"])
        status = "201" if "201" in operation["responses"] else "200"
        assert "Idempotent-Replayed" in operation["responses"][status]["headers"]
        assert {kind for code in ("200", "201") for kind in content_of(operation, code)} == {"application/json"}


@by_operation
def test_a_deprecated_operation_states_its_end_at_least_half_a_year_ahead(operation: dict[str, Any]) -> None:
    stated = {"x-deprecated-since", "x-sunset"} & set(operation)
    if not operation.get("deprecated"):
        assert not stated
        return
    since, until = (date.fromisoformat(operation[name]) for name in ("x-deprecated-since", "x-sunset"))
    assert (until - since).days >= 182
    well = [resolved(reply) for status, reply in operation["responses"].items() if status < "300"]
    assert all({"Deprecation", "Sunset", "Link"} <= set(reply["headers"]) for reply in well)


def content_of(operation: dict[str, Any], status: str) -> set[str]:
    """The media types of the operation's reply with this status."""
    return set(resolved(operation["responses"].get(status, {})).get("content", {}))


def test_no_code_can_come_out_that_the_document_does_not_list() -> None:
    raised = {problem_type.code for problem_type in problem_types.PROBLEM_TYPES.values()} | {
        problem_types.INTERNAL_ERROR.code
    }
    assert (raised | set(codes_in(SPEC)) | codes_in_handlers()) == set(CODES), "each is in the enum ErrorCode"


def codes_in(value: Any) -> Iterator[str]:
    """Every code that stands beside a schema or a body."""
    if isinstance(value, dict):
        yield from value.get("x-error-codes", {}).values()
        if "x-error-code" in value:
            yield value["x-error-code"]
        for inner in value.values():
            yield from codes_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from codes_in(inner)


def codes_in_handlers() -> set[str]:
    """Every code that a handler names."""
    sources = [path.read_text() for path in (ROOT / "handlers").rglob("*.py")]
    return set(re.findall(r'Refused\(\s*"(\w+)"', "\n".join(sources)))


def test_every_code_is_explained() -> None:
    assert list(document.error_meanings()) == CODES


def test_every_code_is_some_operations_or_general() -> None:
    listed = {code for _, _, operation in OPERATIONS for code in codes_of(operation)}
    assert listed | GENERAL == set(CODES), "each is in the enum ErrorCode, and in x-errors of an operation"


def schemas(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema below, with where it stands."""
    if isinstance(value, dict):
        if isinstance(value.get("type"), str):
            yield path, value
        for name, inner in value.items():
            if name not in ("example", "examples"):
                yield from schemas(inner, f"{path}/{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from schemas(inner, f"{path}/{place}")
