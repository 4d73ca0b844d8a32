"""The own account: its fields, its data, its user name and its image."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.handlers.accounts import account_of, new_name, patched
from tests.handlers.database import password_hash
from tests.handlers.reading import failure
from tests.handlers.test_sets import PIXEL
from tests.matrix import both_engines
from tests.service import PASSWORD, Person, Service

FIELDS = [
    ("bio", "Ich nähe. 🧵\n\n* Markdown"),
    ("bio", ""),
    ("compare", False),
    ("consent", 3),
    ("control", 5),
    ("data", {"githubUsername": "alice-sews", "githubEmail": "a@b.example"}),
    ("imperial", True),
    ("language", "uk"),
    ("newsletter", True),
    ("notices", False),
]


@pytest.mark.parametrize(("field", "value"), FIELDS, ids=str)
def test_a_field_is_changed_and_nothing_else(alice: Person, field: str, value: Any) -> None:
    before = account_of(alice)
    changed = patched(alice, {field: value})
    assert changed[field] == value
    moving = (field, "updatedAt", "jwtCalls", "lastSeen")
    assert [name for name in before if before[name] != changed[name] and name not in moving] == []
    assert account_of(alice)[field] == value


def test_all_fields_change_together_and_unknown_ones_are_ignored(alice: Person) -> None:
    body: dict[str, Any] = {**dict(FIELDS), "username": new_name(), "id": 1, "role": "admin", "status": -2}
    body |= {"patron": 8, "ehash": "x", "mfaEnabled": True, "test": True, "jwtCalls": 9_000, "nonsense": [None]}
    changed = patched(alice, body)
    assert {name: changed[name] for name in dict(FIELDS)} == dict(FIELDS)
    assert (changed["id"], changed["role"], changed["status"]) == (alice.id, "user", 1)
    assert (changed["patron"], changed["mfaEnabled"], changed["username"]) == (0, False, body["username"])


def test_an_empty_change_changes_nothing(alice: Person) -> None:
    before = account_of(alice)
    for reply in (alice.patch("/account", {}), alice.request("PATCH", "/account")):
        assert reply.status_code == 200
        after = reply.json()["account"]
        moving = ("updatedAt", "jwtCalls", "lastSeen")
        assert [name for name in before if before[name] != after[name] and name not in moving] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"bio": 1}, "validationFailed"),
        ({"bio": "x" * 20_001}, "validationFailed"),
        ({"bio": "\x00"}, "validationFailed"),
        ({"compare": "yes"}, "validationFailed"),
        ({"consent": 4}, "validationFailed"),
        ({"consent": -1}, "validationFailed"),
        ({"consent": True}, "validationFailed"),
        ({"control": 0}, "validationFailed"),
        ({"control": 6}, "validationFailed"),
        ({"control": 2.5}, "validationFailed"),
        ({"imperial": 1}, "validationFailed"),
        ({"newsletter": None}, "validationFailed"),
        ({"notices": 0}, "validationFailed"),
        ({"language": "tlh"}, "unsupportedLanguage"),
        ({"password": ""}, "passwordTooShort"),
        ({"password": "Password1"}, "passwordTooCommon"),
        ({"password": 12345}, "validationFailed"),
        ({"username": ["x"]}, "validationFailed"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "emailInvalid"),
        ({"email": "nobody"}, "emailInvalid"),
        ({"email": 5}, "emailInvalid"),
        ({"data": None}, "validationFailed"),
        ({"data": []}, "validationFailed"),
        ({"data": {"deep": {"er": 1}}}, "validationFailed"),
        ({"img": 5}, "validationFailed"),
        ({"img": "not an image"}, "imgInvalid"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_refused_field_changes_nothing_at_all(alice: Person, body: dict[str, Any], code: str) -> None:
    before = account_of(alice)
    reply = alice.patch("/account", {**body, **({"bio": "new"} if "bio" not in body else {"control": 3})})
    assert failure(reply) == (400, code)
    after = account_of(alice)
    assert (after["bio"], after["control"], after["updatedAt"]) == (
        before["bio"],
        before["control"],
        before["updatedAt"],
    )


def test_data_is_merged_key_by_key_and_null_removes_a_key(alice: Person) -> None:
    patched(alice, {"data": {"kept": "k", "changed": 1, "removed": True, "": "empty name"}})
    changed = patched(alice, {"data": {"changed": 2.5, "removed": None, "unknown": None, "new": "ü"}})
    assert changed["data"] == {"kept": "k", "changed": 2.5, "": "empty name", "new": "ü"}
    assert patched(alice, {"data": {}})["data"] == changed["data"]


@both_engines
def test_of_many_changes_to_the_data_at_once_none_is_lost(alice: Person) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: patched(alice, {"data": {f"key{number}": number}}), range(16)))
    assert account_of(alice)["data"] == {f"key{number}": number for number in range(16)}


def test_data_does_not_grow_without_end(alice: Person) -> None:
    full = {f"key{number}": number for number in range(100)}
    patched(alice, {"data": full})
    assert failure(alice.patch("/account", {"bio": "x", "data": {"more": 1}})) == (400, "validationFailed")
    assert (account_of(alice)["data"], account_of(alice)["bio"]) == (full, "")
    assert patched(alice, {"data": {"key0": None, "more": 1}})["data"]["more"] == 1


@pytest.mark.parametrize("form", ["{}", "{} Ö 🧵", "<b>{}<br>", "%_{}", "user-{}x", "{}."])
def test_a_user_name_may_be_any_distinguishable_text(alice: Person, form: str) -> None:
    name = form.format("n" + uuid4().hex[:11])  # not a number by chance
    changed = patched(alice, {"username": name})
    assert (changed["username"], changed["lusername"]) == (name, name.lower())


UUID = "5b0a6a0e-3f0b-4b52-9d3c-6a8d5d0c1b2e"
NOT_TO_BE_HAD = {
    "too short": ["", "x"],
    "a number": ["12", "012", "\u0663\u0664"],
    "a uuid": [UUID, UUID.upper(), UUID.replace("-", ""), f"{{{UUID}}}", f"urn:uuid:{UUID}"],
    "an address": ["a@b.example", "@"],
    "anothers first name": ["user-1", "USER-1", "user-999999999"],
    "unfit for a path": ["a/b", "tab\tbed", "line\nbreak"],
    "deceiving": [" padded", "padded ", "\u202eelims", "zero\u200bwidth", "no\u00a0break"],
}


@pytest.mark.parametrize("why", NOT_TO_BE_HAD)
def test_a_user_name_that_cannot_be_had_leaves_the_present_one(alice: Person, why: str) -> None:
    for name in NOT_TO_BE_HAD[why]:
        changed = patched(alice, {"username": name, "bio": f"after {name}"})
        assert (changed["username"], changed["bio"]) == (f"user-{alice.id}", f"after {name}")


def test_a_taken_user_name_leaves_the_present_one_in_any_case(alice: Person, bob: Person) -> None:
    taken = patched(alice, {"username": new_name()})["username"]
    for name in (taken, taken.upper(), taken.lower(), f"user-{alice.id}"):
        changed = patched(bob, {"username": name, "bio": f"after {name}"})
        assert (changed["username"], changed["bio"]) == (f"user-{bob.id}", f"after {name}")


def test_a_user_name_can_change_its_case_and_go_back_to_the_first(alice: Person) -> None:
    name = new_name()
    for wanted in (name, name.upper(), f"user-{alice.id}"):
        assert patched(alice, {"username": wanted})["username"] == wanted


@both_engines
def test_of_concurrent_changes_to_one_name_one_succeeds(alice: Person, bob: Person) -> None:
    name = new_name()
    with ThreadPoolExecutor(2) as pool:
        names = list(pool.map(lambda person: patched(person, {"username": name})["username"], [alice, bob]))
    assert sorted(name == had for had in names) == [False, True]


def test_a_password_is_kept_as_argon2_alone(service: Service, alice: Person) -> None:
    assert patched(alice, {"password": PASSWORD})["passwordType"] == "v3"
    assert password_hash(service, alice.id).startswith("$argon2id$")


def test_an_image_is_stored_replaced_and_removed(service: Service, alice: Person) -> None:
    first = patched(alice, {"img": PIXEL})["img"]
    assert service.http.get(f"/images/{first}").status_code == 200
    second = patched(alice, {"img": f"data:image/png;base64,{PIXEL}"})["img"]
    assert second not in (first, "default-avatar")
    assert patched(alice, {"bio": "x"})["img"] == second
    assert [service.http.get(f"/images/{img}").status_code for img in (first, second)] == [404, 200]
    assert patched(alice, {"img": ""})["img"] == "default-avatar"
    assert service.http.get(f"/images/{second}").status_code == 404


def test_a_failed_change_leaves_no_image_behind(service: Service, alice: Person) -> None:
    patched(alice, {"data": {f"key{number}": number for number in range(100)}})
    before = sorted(service.data.glob("images/*"))
    assert alice.patch("/account", {"img": PIXEL, "data": {"more": 1}}).status_code == 400
    assert sorted(service.data.glob("images/*")) == before


def test_an_account_needs_level_one_to_be_read(alice: Person) -> None:
    assert failure(alice.new_key(0).get("/account")) == (403, "insufficientAccessLevel")
    assert alice.new_key(1).get("/account").json()["account"]["email"] == alice.email
