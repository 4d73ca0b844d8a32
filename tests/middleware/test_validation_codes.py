"""Each code that the document states beside a schema comes out, and a refusal says where and what, and no more."""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

import document
from tests.problems import problem
from tests.service import Person

pytestmark = pytest.mark.parametrize("service", ["sqlite"], indirect=True)

ABSENT = object()
Stated = tuple[str, str, str, str]

# For each operation a body that is right.
GOOD: dict[str, tuple[str, str, dict[str, Any]]] = {
    "sign_up": ("POST", "/signup", {"email": "new@example.org", "language": "en"}),
    "confirm_sign_up": ("POST", f"/confirm/signup/{uuid4()}", {"consent": 1}),
    "sign_in": ("POST", "/signin", {"username": "nobody", "password": "x"}),
    "request_sign_in_link": ("POST", "/signinlink", {"username": "nobody"}),
    "sign_in_by_link": ("POST", f"/signinlink/{uuid4()}", {"check": "0" * 40}),
    "give_consent": ("PATCH", "/consent", {"consent": 2}),
    "create_api_key": ("POST", "/apikeys", {"name": "a", "level": 1, "expiresIn": 60}),
    "create_set": ("POST", "/sets", {"name": "a"}),
    "update_set": ("PATCH", "/sets/1", {}),
    "update_account": ("PATCH", "/account", {}),
    "configure_mfa": ("POST", "/account/mfa", {"mfa": False, "token": "123456", "password": "x"}),
    "check_username": ("POST", "/available/username", {"username": "a"}),
    "open_post": ("POST", "/flows/pr/blog", {"slug": "a", "markdown": "# A", "language": "en"}),
    "create_issue": ("POST", "/issues", {"title": "a", "body": "b"}),
    "create_discussion": ("POST", "/discussions", {"title": "a", "body": "b"}),
    "upload_image": ("POST", "/images", {"type": "blog", "subId": "main", "slug": "a", "img": "AAAA"}),
    "find_users": ("POST", "/find/users", {"match": "a"}),
}

# Operation, field ("" for the body itself), the keyword that fails, what is sent there, the code.
TABLE: list[tuple[str, str, str, Any, str]] = [
    ("sign_up", "", "body", {}, "postBodyMissing"),
    ("sign_up", "email", "required", ABSENT, "emailMissing"),
    ("sign_up", "email", "type", 5, "emailInvalid"),
    ("sign_up", "email", "type", ["a@example.org"], "emailInvalid"),
    ("sign_up", "email", "required", "", "emailMissing"),
    ("sign_up", "email", "minLength", "a@b", "emailInvalid"),
    ("sign_up", "email", "maxLength", "a@" + "b." * 130 + "org", "emailInvalid"),
    ("sign_up", "email", "pattern", "nobody at example.org", "emailInvalid"),
    ("sign_up", "email", "pattern", "a@example.org\n", "emailInvalid"),
    ("sign_up", "email", "pattern", "a@example.org\r\nBcc: b@example.org", "emailInvalid"),
    ("sign_up", "email", "pattern", "a@@example.org", "emailInvalid"),
    ("sign_up", "email", "pattern", "a@localhost", "emailInvalid"),
    ("sign_up", "email", "pattern", "a@example..org", "emailInvalid"),
    ("sign_up", "email", "pattern", "ä@example.org", "emailInvalid"),
    ("sign_up", "language", "required", ABSENT, "languageMissing"),
    ("sign_up", "language", "enum", "tlh", "unsupportedLanguage"),
    ("sign_up", "language", "enum", "EN", "unsupportedLanguage"),
    ("sign_up", "language", "type", 5, "unsupportedLanguage"),
    ("sign_up", "test", "type", "yes", "validationFailed"),
    ("sign_up", "role", "enum", "root", "validationFailed"),
    ("confirm_sign_up", "", "body", {}, "postBodyMissing"),
    ("confirm_sign_up", "consent", "required", ABSENT, "consentRequired"),
    ("confirm_sign_up", "consent", "default", 0, "consentRequired"),
    ("confirm_sign_up", "consent", "default", 4, "consentRequired"),
    ("confirm_sign_up", "consent", "default", "1", "consentRequired"),
    ("confirm_sign_up", "consent", "default", True, "consentRequired"),
    ("confirm_sign_up", "consent", "default", 1.0, "consentRequired"),
    ("confirm_sign_up", "check", "maxLength", "G" * 101, "validationFailed"),
    ("sign_in", "", "body", {}, "postBodyMissing"),
    ("sign_in", "username", "required", ABSENT, "usernameMissing"),
    ("sign_in", "username", "required", "", "usernameMissing"),
    ("sign_in", "username", "anyOf", 1.5, "validationFailed"),
    ("sign_in", "username", "anyOf", "a" * 255, "validationFailed"),
    ("sign_in", "password", "required", ABSENT, "passwordMissing"),
    ("sign_in", "password", "minLength", "", "passwordMissing"),
    ("sign_in", "password", "maxLength", "a" * 257, "validationFailed"),
    ("sign_in", "token", "anyOf", 123456, "validationFailed"),
    ("request_sign_in_link", "", "body", {}, "postBodyMissing"),
    ("request_sign_in_link", "username", "required", ABSENT, "usernameMissing"),
    ("request_sign_in_link", "username", "required", "", "usernameMissing"),
    ("sign_in_by_link", "", "body", {}, "postBodyMissing"),
    ("sign_in_by_link", "check", "required", ABSENT, "validationFailed"),
    ("create_issue", "", "body", {}, "postBodyMissing"),
    ("create_issue", "title", "required", ABSENT, "titleMissing"),
    ("create_issue", "title", "minLength", "", "titleMissing"),
    ("create_issue", "title", "type", 5, "validationFailed"),
    ("create_issue", "body", "required", ABSENT, "bodyMissing"),
    ("create_issue", "body", "minLength", "", "bodyMissing"),
    ("create_issue", "body", "type", 5, "validationFailed"),
    ("create_issue", "title", "pattern", "   ", "validationFailed"),
    ("create_issue", "title", "pattern", "a\nb", "validationFailed"),
    ("create_issue", "body", "maxLength", "a" * 60_001, "validationFailed"),
    ("create_discussion", "", "body", {}, "postBodyMissing"),
    ("create_discussion", "title", "required", ABSENT, "titleMissing"),
    ("create_discussion", "title", "minLength", "", "titleMissing"),
    ("create_discussion", "title", "type", 5, "validationFailed"),
    ("create_discussion", "body", "required", ABSENT, "bodyMissing"),
    ("create_discussion", "body", "minLength", "", "bodyMissing"),
    ("create_discussion", "body", "type", 5, "validationFailed"),
    ("create_discussion", "title", "pattern", "   ", "validationFailed"),
    ("create_discussion", "title", "pattern", "a\nb", "validationFailed"),
    ("create_discussion", "body", "maxLength", "a" * 60_001, "validationFailed"),
    ("open_post", "", "body", {}, "postBodyMissing"),
    ("open_post", "slug", "required", ABSENT, "slugMissing"),
    ("open_post", "slug", "minLength", "", "slugMissing"),
    ("open_post", "slug", "pattern", "../x", "validationFailed"),
    ("open_post", "slug", "pattern", "Post", "validationFailed"),
    ("open_post", "slug", "pattern", "a--b", "validationFailed"),
    ("open_post", "slug", "pattern", "a\n", "validationFailed"),
    ("open_post", "slug", "maxLength", "a" * 101, "validationFailed"),
    ("open_post", "markdown", "required", ABSENT, "markdownMissing"),
    ("open_post", "markdown", "minLength", "", "markdownMissing"),
    ("open_post", "language", "required", ABSENT, "languageMissing"),
    ("open_post", "language", "enum", "tlh", "unsupportedLanguage"),
    ("open_post", "language", "type", 5, "unsupportedLanguage"),
    ("upload_image", "", "body", {}, "postBodyMissing"),
    ("upload_image", "type", "required", ABSENT, "typeMissing"),
    ("upload_image", "type", "enum", "avatar", "typeInvalid"),
    ("upload_image", "type", "type", 5, "typeInvalid"),
    ("upload_image", "subId", "required", ABSENT, "subIdMissing"),
    ("upload_image", "subId", "default", "10", "subIdInvalid"),
    ("upload_image", "subId", "default", 0, "subIdInvalid"),
    ("upload_image", "slug", "required", ABSENT, "slugMissing"),
    ("upload_image", "slug", "minLength", "", "slugMissing"),
    ("upload_image", "slug", "pattern", "../../etc", "validationFailed"),
    ("upload_image", "", "anyOf", {"type": "blog", "subId": 1, "slug": "a"}, "imgOrUrlMissing"),
    ("upload_image", "img", "minLength", "", "imgOrUrlMissing"),
    ("upload_image", "img", "type", None, "imgOrUrlMissing"),
    ("upload_image", "url", "minLength", "", "imgOrUrlMissing"),
    ("upload_image", "url", "type", 5, "imgOrUrlMissing"),
    ("upload_image", "url", "pattern", "file:///etc/passwd", "validationFailed"),
    ("give_consent", "", "body", {}, "postBodyMissing"),
    ("give_consent", "consent", "required", ABSENT, "consentRequired"),
    ("give_consent", "consent", "default", -1, "consentRequired"),
    ("give_consent", "consent", "default", [], "consentRequired"),
    ("create_api_key", "", "body", {}, "postBodyMissing"),
    ("create_api_key", "name", "required", ABSENT, "nameMissing"),
    ("create_api_key", "name", "minLength", "", "nameMissing"),
    ("create_api_key", "name", "type", 5, "validationFailed"),
    ("create_api_key", "name", "maxLength", "a" * 201, "validationFailed"),
    ("create_api_key", "level", "required", ABSENT, "levelMissing"),
    ("create_api_key", "level", "type", "3", "levelNotNumeric"),
    ("create_api_key", "level", "type", 3.0, "levelNotNumeric"),
    ("create_api_key", "level", "type", 2.5, "levelNotNumeric"),
    ("create_api_key", "level", "type", True, "levelNotNumeric"),
    ("create_api_key", "level", "minimum", -1, "invalidLevel"),
    ("create_api_key", "level", "maximum", 10, "invalidLevel"),
    ("create_api_key", "level", "maximum", 10**4000, "invalidLevel"),
    ("create_api_key", "expiresIn", "required", ABSENT, "expiresInMissing"),
    ("create_api_key", "expiresIn", "type", "60", "expiresInNotNumeric"),
    ("create_api_key", "expiresIn", "type", 1e10, "expiresInNotNumeric"),
    ("create_api_key", "expiresIn", "maximum", 31_536_001, "expiresIsHigherThanMaximum"),
    ("create_api_key", "expiresIn", "maximum", 10**4000, "expiresIsHigherThanMaximum"),
    ("create_api_key", "expiresIn", "minimum", 0, "validationFailed"),
    ("create_api_key", "expiresIn", "minimum", -60, "validationFailed"),
    ("create_set", "", "body", {}, "nameMissing"),
    ("create_set", "name", "required", ABSENT, "nameMissing"),
    ("create_set", "name", "minLength", "", "nameMissing"),
    ("create_set", "name", "type", {"first": "a"}, "validationFailed"),
    ("create_set", "name", "maxLength", "a" * 501, "validationFailed"),
    ("create_set", "notes", "type", None, "validationFailed"),
    ("create_set", "notes", "maxLength", "a" * 20_001, "validationFailed"),
    ("create_set", "measies", "type", [], "validationFailed"),
    ("create_set", "measies", "type", None, "validationFailed"),
    ("create_set", "measies", "maxProperties", {str(name): 1 for name in range(201)}, "validationFailed"),
    ("create_set", "imperial", "type", 1, "validationFailed"),
    ("create_set", "public", "type", "true", "validationFailed"),
    ("create_set", "img", "type", 5, "validationFailed"),
    ("create_set", "img", "type", None, "validationFailed"),
    ("update_set", "name", "minLength", "", "nameMissing"),
    ("update_set", "name", "type", None, "validationFailed"),
    ("update_set", "public", "type", None, "validationFailed"),
    ("update_account", "email", "type", None, "emailInvalid"),
    ("update_account", "email", "minLength", "", "emailInvalid"),
    ("update_account", "email", "maxLength", "a@" + "b." * 130 + "org", "emailInvalid"),
    ("update_account", "email", "pattern", "a@example.org,b@example.org", "emailInvalid"),
    ("update_account", "language", "type", None, "unsupportedLanguage"),
    ("update_account", "language", "enum", "", "unsupportedLanguage"),
    ("update_account", "bio", "type", None, "validationFailed"),
    ("update_account", "consent", "maximum", 4, "validationFailed"),
    ("update_account", "control", "minimum", 0, "validationFailed"),
    ("update_account", "control", "type", 1.0, "validationFailed"),
    ("update_account", "data", "type", None, "validationFailed"),
    ("update_account", "data", "maxProperties", {str(name): 1 for name in range(101)}, "validationFailed"),
    ("update_account", "password", "minLength", "", "validationFailed"),
    ("update_account", "confirm", "enum", "signup", "validationFailed"),
    ("update_account", "confirmation", "pattern", "x" * 36, "validationFailed"),
    ("configure_mfa", "", "body", {}, "invalidMfaSetting"),
    ("configure_mfa", "", "default", {"mfa": "on"}, "invalidMfaSetting"),
    ("configure_mfa", "", "default", {"mfa": 1}, "invalidMfaSetting"),
    ("configure_mfa", "", "default", {"mfa": None}, "invalidMfaSetting"),
    ("configure_mfa", "", "default", {"secret": "A" * 32}, "invalidMfaSetting"),
    ("configure_mfa", "token", "required", ABSENT, "mfaTokenMissing"),
    ("configure_mfa", "token", "minLength", "", "mfaTokenMissing"),
    ("configure_mfa", "token", "type", 123456, "invalidMfaSetting"),
    ("configure_mfa", "password", "required", ABSENT, "passwordMissing"),
    ("configure_mfa", "password", "minLength", "", "passwordMissing"),
    ("check_username", "", "body", {}, "usernameMissing"),
    ("check_username", "username", "required", ABSENT, "usernameMissing"),
    ("check_username", "username", "minLength", "", "usernameMissing"),
    ("check_username", "username", "type", ["a"], "validationFailed"),
    ("find_users", "", "body", {}, "postBodyMissing"),
    ("find_users", "match", "required", ABSENT, "validationFailed"),
    ("find_users", "match", "minLength", "", "validationFailed"),
    ("find_users", "match", "type", None, "validationFailed"),
]


def stated() -> Iterator[Stated]:
    """Every code that the document has beside a request body or a schema of one, and what brings it out."""
    for _, _, operation in document.operations(document.load()):
        if "requestBody" not in operation:
            continue
        name, body = operation["operationId"], operation["requestBody"]
        if "x-error-code" in body:
            yield name, "", "body", body["x-error-code"]
        whole = resolved(body["content"]["application/json"]["schema"])
        for schema in (whole, *map(resolved, whole.get("anyOf", ()))):
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
    assert set(stated()) - {(name, field, keyword, code) for name, field, keyword, _, code in TABLE} == set()


@pytest.mark.parametrize(
    ("name", "field", "value", "code"),
    [(name, field, value, code) for name, field, _, value, code in TABLE],
    ids=[f"{name}-{field}-{keyword}-{code}" for name, field, keyword, _, code in TABLE],
)
def test_a_wrong_field_is_told_by_its_code_and_its_place(
    sender: Person, name: str, field: str, value: Any, code: str
) -> None:
    method, path, good = GOOD[name]
    body = good | {field: value} if field else value
    sent = {key: part for key, part in body.items() if part is not ABSENT}
    if value is ABSENT and not sent:
        sent = {"unknown": 1}
    before = sender.get("/account").json()["account"]
    told = problem(sender.request(method, path, json=sent), 400, code)
    assert [violation["pointer"] for violation in told["errors"]] == [f"/{field}" if field else ""]
    assert told["errors"][0]["in"] == "body"
    after = sender.get("/account").json()["account"]
    assert {**after, "jwtCalls": 0, "lastSeen": 0} == {**before, "jwtCalls": 0, "lastSeen": 0}


@pytest.mark.parametrize(
    ("name", "field", "code"),
    [
        ("sign_up", "email", "emailMissing"),
        ("sign_up", "language", "languageMissing"),
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
def test_null_is_as_good_as_missing_where_something_must_be(sender: Person, name: str, field: str, code: str) -> None:
    method, path, good = GOOD[name]
    told = problem(sender.request(method, path, json={**good, field: None}), 400, code)
    assert told["errors"] == [{"in": "body", "pointer": f"/{field}", "detail": "is missing"}]


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
def test_of_several_faults_all_are_told_and_the_first_of_the_document_gives_the_code(
    sender: Person, sent: dict[str, Any], code: str, pointers: list[str]
) -> None:
    told = problem(sender.post("/apikeys", sent), 400, code)
    assert [violation["pointer"] for violation in told["errors"]] == pointers


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
def test_a_place_further_in_is_a_json_pointer(sender: Person, name: str, pointer: str) -> None:
    told = problem(sender.patch("/account", {"data": {"good": 1, name: []}}), 400, "validationFailed")
    assert [violation["pointer"] for violation in told["errors"]] == [pointer]
    assert told["detail"] == "body /data: is not as documented"


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
def test_a_refusal_repeats_neither_what_was_sent_nor_the_schema(
    sender: Person, method: str, path: str, sent: dict[str, Any] | None
) -> None:
    reply = sender.request(method, path, **({} if sent is None else {"json": sent}))
    told = problem(reply, reply.status_code, reply.json()["error"])
    details = [told["detail"], told["title"], *(violation["detail"] for violation in told.get("errors", ()))]
    assert reply.status_code in (400, 404)
    assert not any(CANARY in detail for detail in details)
    for text in ("x-error", "x00", "[A-Z", "$ref", "anyOf", "Traceback", "jsonschema", "None", "False", "True"):
        assert text not in reply.text


def test_a_syntax_error_is_told_by_its_place_alone(sender: Person) -> None:
    body = b'{"name":\n  ' + CANARY.encode() + b"}"
    reply = sender.service.http.post(
        "/sets", content=body, headers={"Authorization": sender.authorization, "Content-Type": "application/json"}
    )
    assert problem(reply, 400, "malformedBody")["detail"] == "The body is not JSON: line 2, column 3."


@pytest.mark.parametrize("value", [[], None, 1e300, "x" * 2_001, {}], ids=lambda value: ascii(value)[:10])
def test_a_body_that_is_wrong_in_tens_of_thousands_of_places_is_refused_at_once(
    sender: Person, value: object
) -> None:
    places = 4_000 if isinstance(value, str) else 45_000
    started = time.monotonic()
    told = problem(
        sender.patch("/account", {"data": {f"name{at}": value for at in range(places)}}), 400, "validationFailed"
    )
    # Collecting every fault took the library 15 seconds, during which nobody else was served.
    assert time.monotonic() - started < 5
    assert len(told["errors"]) == 1


def test_a_long_text_in_the_wrong_place_is_refused_at_once(sender: Person) -> None:
    started = time.monotonic()
    told = problem(sender.patch("/account", {"data": {"long": "x" * 11_900_000}}), 400, "validationFailed")
    assert time.monotonic() - started < 5
    assert len(json.dumps(told)) < 2_000
