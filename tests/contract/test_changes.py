"""The check that compares the document with the one released last: what breaks a client is found, nothing else is."""

import copy
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest

from core import document
from tools.lint import changes

Document = dict[str, Any]
Change = Callable[[Document], None]
PATHS = ("/signup", "/account", "/account/restrict", "/sets", "/sets/{id}", "/img")
# A part of ours: with all of it each comparison takes a second.
BEFORE = {**document.load(), "paths": {path: document.load()["paths"][path] for path in PATHS}}
OPTIONAL = {"name": "colour", "in": "query", "description": "x", "schema": {"type": "string", "maxLength": 9}}


def sets(changed: Document) -> Any:
    return changed["paths"]["/sets"]


def schema(changed: Document, name: str) -> Any:
    return changed["components"]["schemas"][name]


def raise_level(changed: Document) -> None:
    sets(changed)["post"]["x-level"] = 4


def lower_level(changed: Document) -> None:
    sets(changed)["post"]["x-level"] = 2


def rename_operation(changed: Document) -> None:
    sets(changed)["post"]["operationId"] = "make_set"


def move_operation(changed: Document) -> None:
    sets(changed)["post"]["tags"] = ["account"]


def remove_operation(changed: Document) -> None:
    del changed["paths"]["/account/restrict"]["get"]


def remove_path(changed: Document) -> None:
    del changed["paths"]["/img"]


def add_operation(changed: Document) -> None:
    changed["paths"]["/pictures"] = copy.deepcopy(changed["paths"]["/img"])
    changed["paths"]["/pictures"]["post"]["operationId"] = "draw_picture"


def rename_schema(changed: Document) -> None:
    schemas = changed["components"]["schemas"]
    schemas["Measurements2"] = schemas.pop("MeasurementsSet")
    point_elsewhere(changed, "#/components/schemas/MeasurementsSet", "#/components/schemas/Measurements2")


def point_elsewhere(value: Any, before: str, after: str) -> None:
    """Let every reference to the one lead to the other."""
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for member in members:
        point_elsewhere(member, before, after)
    if isinstance(value, dict) and value.get("$ref") == before:
        value["$ref"] = after


def remove_member_of_reply(changed: Document) -> None:
    del schema(changed, "MeasurementsSet")["properties"]["notes"]


def add_member_to_reply(changed: Document) -> None:
    schema(changed, "MeasurementsSet")["properties"]["colour"] = {"type": "string", "maxLength": 9}


def no_longer_sure_in_reply(changed: Document) -> None:
    schema(changed, "MeasurementsSet")["required"].remove("notes")


def null_in_reply(changed: Document) -> None:
    notes = schema(changed, "MeasurementsSet")["properties"]["notes"]
    schema(changed, "MeasurementsSet")["properties"]["notes"] = {**notes, "nullable": True}


def other_type_in_reply(changed: Document) -> None:
    schema(changed, "MeasurementsSet")["properties"]["name"] = {"type": "integer", "minimum": 0, "maximum": 9}


def demand_member_of_request(changed: Document) -> None:
    schema(changed, "MeasurementsSetCreate")["required"] = ["name", "measies"]


def forget_member_of_request(changed: Document) -> None:
    del schema(changed, "MeasurementsSetCreate")["properties"]["notes"]


def narrow_member_of_request(changed: Document) -> None:
    schema(changed, "MeasurementsSetCreate")["properties"]["name"] = {"type": "string", "maxLength": 3}


def add_member_to_request(changed: Document) -> None:
    schema(changed, "MeasurementsSetCreate")["properties"]["colour"] = {"type": "string", "maxLength": 9}


def remove_status(changed: Document) -> None:
    sets(changed)["post"]["responses"]["200"] = sets(changed)["post"]["responses"].pop("201")


def remove_header_of_reply(changed: Document) -> None:
    del changed["paths"]["/sets/{id}"]["get"]["responses"]["200"]["headers"]["ETag"]


def demand_credentials(changed: Document) -> None:
    changed["paths"]["/signup"]["post"]["security"] = [{"bearer": []}]


def refuse_keys(changed: Document) -> None:
    sets(changed)["post"]["security"] = [{"bearer": []}]


def remove_parameter(changed: Document) -> None:
    sets(changed)["get"]["parameters"].pop(0)


def demand_parameter(changed: Document) -> None:
    sets(changed)["get"]["parameters"].append({**OPTIONAL, "required": True})


def add_parameter(changed: Document) -> None:
    sets(changed)["get"]["parameters"].append(OPTIONAL)


def remove_language(changed: Document) -> None:
    schema(changed, "Language")["enum"].remove("uk")


def add_error_code(changed: Document) -> None:
    schema(changed, "ErrorCode")["enum"].append("tooBlue")


def close_request(changed: Document) -> None:
    schema(changed, "MeasurementsSetCreate")["additionalProperties"] = False


def rename_value(changed: Document) -> None:
    schema(changed, "AccountStatus")["x-enum-varnames"][0] = "NEW"


def take_another_scheme(changed: Document) -> None:
    changed["components"]["securitySchemes"]["key"]["scheme"] = "digest"


def end_earlier(changed: Document) -> None:
    changed["paths"]["/account/restrict"]["get"]["x-sunset"] = "2026-12-31"


def other_pattern_of_request(changed: Document) -> None:
    name = schema(changed, "MeasurementsSetCreate")["properties"]["name"]
    schema(changed, "MeasurementsSetCreate")["properties"]["name"] = {**name, "pattern": "^[a-z]*$"}


def end_later(changed: Document) -> None:
    changed["paths"]["/account/restrict"]["get"]["x-sunset"] = "2029-12-31"


def describe(changed: Document) -> None:
    sets(changed)["post"]["description"] = "Makes a set."


BREAKING = {
    raise_level: "POST /sets: replace x-level before 3 after 4",
    rename_operation: "POST /sets: replace operationId before 'create_set' after 'make_set'",
    move_operation: "POST /sets: replace tags/0 *",
    remove_operation: "GET /account/restrict: remove",
    remove_path: "POST /img: remove",
    rename_schema: "components/schemas/MeasurementsSet: remove",
    remove_member_of_reply: "GET /sets: remove responses/200/*/properties/notes",
    no_longer_sure_in_reply: "GET /sets: remove responses/200/*/required/*",
    null_in_reply: "GET /sets: add responses/200/*/notes/nullable after True",
    other_type_in_reply: "GET /sets: replace responses/200/*/name/type*",
    demand_member_of_request: "POST /sets: add requestBody/*/required/1 after 'measies'",
    forget_member_of_request: "POST /sets: remove requestBody/*/properties/notes",
    narrow_member_of_request: "POST /sets: replace requestBody/*/name/maxLength *",
    remove_status: "POST /sets: remove responses/201",
    remove_header_of_reply: "GET /sets/{id}: remove responses/200/headers/ETag",
    demand_credentials: "POST /signup: add security/0",
    refuse_keys: "POST /sets: remove security/1",
    remove_parameter: "GET /sets: remove parameters/0",
    demand_parameter: "GET /sets: add parameters/*",
    close_request: "POST /sets: * requestBody/*/additionalProperties*",
    rename_value: "GET /account: replace responses/*/x-enum-varnames/0 *",
    take_another_scheme: "components/securitySchemes/key/scheme: replace",
    end_earlier: "GET /account/restrict: replace x-sunset *",
    other_pattern_of_request: "POST /sets: * requestBody/*/name/pattern*",
    remove_language: "POST /signup: remove requestBody/*/enum/*",
}
FINE = [
    end_later,
    lower_level,
    add_operation,
    add_member_to_reply,
    add_member_to_request,
    add_parameter,
    add_error_code,
    describe,
]


def name_of(value: Any) -> str:
    """Of a change: what it does."""
    return value.__name__ if callable(value) else "line"


def changed(change: Change, version: str = "9.0.0") -> Document:
    """The document after a change, under a version that allows any."""
    after = copy.deepcopy(BEFORE)
    change(after)
    after["info"]["version"] = version
    return after


@pytest.fixture(scope="module")
def found() -> dict[Change, list[str]]:
    """What the check says of each change. All are compared by one process of Node: its start takes a second."""
    documents = {change: changed(change) for change in (*BREAKING, *FINE)}
    differences = changes.changes(BEFORE, *documents.values())
    return {
        change: changes.errors(BEFORE, after, each, [])
        for (change, after), each in zip(documents.items(), differences, strict=True)
    }


@pytest.mark.parametrize(("change", "line"), BREAKING.items(), ids=name_of)
def test_what_breaks_a_client_is_found_and_may_be_declared(
    found: dict[Change, list[str]], change: Change, line: str
) -> None:
    lines = [sentence.partition("declared: ")[2] for sentence in found[change]]
    assert [each for each in lines if fnmatchcase(each, line)], lines
    declared = [{"change": each, "why": "because"} for each in lines]
    assert list(changes.undeclared(lines, declared)) == []


@pytest.mark.parametrize("change", FINE, ids=name_of)
def test_a_compatible_change_passes(found: dict[Change, list[str]], change: Change) -> None:
    assert found[change] == []


def test_a_declared_change_that_did_not_happen_is_reported() -> None:
    messages = changes.check(BEFORE, BEFORE, [{"change": "POST /sets: *", "why": "because"}])
    assert messages == ["is declared, but nothing of the kind has changed: POST /sets: *"]


@pytest.mark.parametrize(
    ("before", "after", "broken", "fine"),
    [
        ("0.1.0", "0.1.0", False, False),
        ("0.1.0", "0.1.1", False, True),
        ("0.1.0", "0.1.1", True, False),
        ("0.1.9", "0.2.0", True, True),
        ("0.9.0", "0.10.0", True, True),
        ("1.2.0", "1.3.0", True, False),
        ("1.2.0", "1.3.0", False, True),
        ("1.2.0", "2.0.0", True, True),
        ("1.2.0", "1.1.9", False, False),
    ],
)
def test_a_version_says_whether_something_broke(before: str, after: str, broken: bool, fine: bool) -> None:
    versions = changes.version_of(before), changes.version_of(after)
    assert (changes.misnumbered(*versions, changed=True, broken=broken) is None) == fine
