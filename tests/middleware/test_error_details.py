"""The details of validation errors: the place and the violated rule, and nothing else."""

import json
from typing import Any

import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest

from tests.matrix import on_sqlite
from tests.middleware.codes import GOOD
from tests.problems import problem
from tests.service import Person, Service

pytestmark = on_sqlite


@pytest.mark.parametrize(
    ("name", "field", "code"),
    [
        ("sign_up", "email", "emailMissing"),
        ("subscribe", "language", "languageMissing"),
        ("confirm_sign_up", "consent", "consentRequired"),
        ("sign_in", "username", "usernameMissing"),
        ("sign_in", "password", "passwordMissing"),
        ("create_api_key", "name", "nameMissing"),
        ("create_api_key", "level", "levelMissing"),
        ("create_api_key", "expiresIn", "expiresInMissing"),
        ("create_set", "name", "nameMissing"),
        ("configure_mfa", "token", "mfaTokenMissing"),
    ],
)
def test_null_counts_as_missing_where_a_value_is_required(sender: Person, name: str, field: str, code: str) -> None:
    method, path, good = GOOD[name]
    body = problem(sender.request(method, path, json={**good, field: None}), 400, code)
    assert body["errors"] == [{"in": "body", "pointer": f"/{field}", "detail": "is missing"}]


@pytest.mark.parametrize(
    ("sent", "code", "pointers"),
    [
        ({"expiresIn": {}, "level": [], "name": 7}, "validationFailed", ["/name", "/level", "/expiresIn"]),
        ({"expiresIn": 60, "level": 11, "name": ""}, "nameMissing", ["/name", "/level"]),
        ({"expiresIn": "x"}, "nameMissing", ["/name", "/level", "/expiresIn"]),
        ({"name": "a", "level": "x"}, "levelNotNumeric", ["/level", "/expiresIn"]),
        ({"name": "a", "level": 1, "expiresIn": 10**9, "zzz": []}, "expiresIsHigherThanMaximum", ["/expiresIn"]),
    ],
)
def test_all_violations_are_listed_and_the_first_in_the_document_gives_the_code(
    sender: Person, sent: dict[str, Any], code: str, pointers: list[str]
) -> None:
    body = problem(sender.post("/apikeys", sent), 400, code)
    assert [violation["pointer"] for violation in body["errors"]] == pointers


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("plain", "/data/plain"),
        ("a/b", "/data/a~1b"),
        ("m~n", "/data/m~0n"),
        ("~1", "/data/~01"),
        (" é\n\0", "/data/ é\n\0"),
        ("~" * 500, "/data/" + "~0" * 100),
        ("x" * 100_000, "/data/" + "x" * 100),
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_a_nested_place_is_a_json_pointer(sender: Person, name: str, pointer: str) -> None:
    body = problem(sender.patch("/account", {"data": {"good": 1, name: []}}), 400, "validationFailed")
    assert [violation["pointer"] for violation in body["errors"]] == [pointer]
    assert body["detail"] == "body /data: is not as documented"


CANARY = "canary-7f3a"


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", "/signup", {"email": CANARY, "language": CANARY, "role": CANARY, CANARY: CANARY}),
        ("POST", "/signin", {"username": [CANARY], "password": {CANARY: CANARY}, "token": [CANARY]}),
        ("POST", "/apikeys", {"name": [CANARY], "level": CANARY, "expiresIn": CANARY}),
        ("POST", "/sets", {"name": {CANARY: 1}, "measies": CANARY, "img": [CANARY], "public": CANARY}),
        ("PATCH", "/account", {"username": [CANARY], "data": {CANARY: [CANARY]}, "confirm": CANARY, "check": CANARY}),
        ("POST", "/account/mfa", {"mfa": CANARY, CANARY: CANARY}),
        ("POST", "/account/mfa", {"mfa": True, "secret": CANARY, "token": [CANARY]}),
        ("POST", f"/signinlink/{CANARY}", {"check": CANARY}),
        ("GET", f"/sets/{CANARY}", None),
        ("GET", f"/{CANARY}", None),
    ],
)
def test_an_error_repeats_neither_the_request_nor_the_schema(
    sender: Person, method: str, path: str, sent: dict[str, Any] | None
) -> None:
    reply = sender.request(method, path, **({} if sent is None else {"json": sent}))
    body = problem(reply, reply.status_code, reply.json()["error"])
    details = [body["detail"], body["title"], *(violation["detail"] for violation in body.get("errors", ()))]
    assert reply.status_code in (400, 404)
    assert not any(CANARY in detail for detail in details)
    for text in (
        "x-error",
        "x00",
        "[A-Z",
        "$ref",
        "anyOf",
        "oneOf",
        "Traceback",
        "jsonschema",
        "None",
        "False",
        "True",
    ):
        assert text not in reply.text


def test_a_syntax_error_has_line_and_column_only(sender: Person) -> None:
    body = b'{"name":\n  ' + CANARY.encode() + b"}"
    reply = sender.service.http.post(
        "/sets", content=body, headers={"Authorization": sender.authorization, "Content-Type": "application/json"}
    )
    assert problem(reply, 400, "malformedBody")["detail"] == "The body is not JSON: line 2, column 3."


def cpu_seconds(service: Service) -> float:
    """The processor time that the server has used; unlike elapsed time it does not count other processes."""
    assert service.process is not None
    return sum(psutil.Process(service.process.pid).cpu_times()[:2])


@pytest.mark.parametrize("value", [[], None, 1e300, "x" * 2_001, {}], ids=lambda value: ascii(value)[:10])
def test_a_body_with_many_violations_is_rejected_quickly(sender: Person, value: object) -> None:
    places = 4_000 if isinstance(value, str) else 45_000
    before = cpu_seconds(sender.service)
    body = problem(
        sender.patch("/account", {"data": {f"name{at}": value for at in range(places)}}), 400, "validationFailed"
    )
    # The library took 15 seconds to collect all violations, and the event loop was blocked.
    assert cpu_seconds(sender.service) - before < 5
    assert len(body["errors"]) == 1


def test_a_long_text_in_the_wrong_place_is_rejected_quickly(sender: Person) -> None:
    before = cpu_seconds(sender.service)
    body = problem(sender.patch("/account", {"data": {"long": "x" * 11_900_000}}), 400, "validationFailed")
    assert cpu_seconds(sender.service) - before < 5
    assert len(json.dumps(body)) < 2_000
