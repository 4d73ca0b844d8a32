"""One's own account: changing it, moving its address, exporting, freezing and removing it."""

import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx2
import jwt
import pytest

from tests.handlers.database import change_account, password_hash
from tests.handlers.reading import (
    failure,
    letter_to,
    letters_to,
    link_in,
    new_address,
    new_test_address,
    parts_of,
)
from tests.handlers.test_sets import PIXEL
from tests.service import PASSWORD, Credentials, Person, Service

CHECK = "0" * 40


def account_of(person: Credentials) -> dict[str, Any]:
    """The account as it is."""
    account: dict[str, Any] = person.get("/account").json()["account"]
    return account


def patched(person: Credentials, body: dict[str, Any]) -> dict[str, Any]:
    """The account after a change."""
    reply = person.patch("/account", body)
    assert reply.status_code == 200, reply.text
    account: dict[str, Any] = reply.json()["account"]
    return account


def new_name() -> str:
    """A user name that nobody has."""
    return f"Name {uuid4().hex[:12]}"


def sign_in(service: Service, username: str, password: str = PASSWORD) -> httpx2.Response:
    """Sign in with a password."""
    return service.http.post("/signin", json={"username": username, "password": password})


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
        ({"language": "tlh"}, "unsupportedLanguage"),
        ({"password": ""}, "validationFailed"),
        ({"password": 12345}, "validationFailed"),
        ({"username": ["x"]}, "validationFailed"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "emailInvalid"),
        ({"email": "nobody"}, "emailInvalid"),
        ({"email": 5}, "emailInvalid"),
        ({"data": None}, "validationFailed"),
        ({"data": []}, "validationFailed"),
        ({"data": {"deep": {"er": 1}}}, "validationFailed"),
        ({"img": 5}, "validationFailed"),
        ({"img": "not a picture"}, "imgInvalid"),
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
def test_a_user_name_may_be_anything_that_can_be_told_apart(alice: Person, form: str) -> None:
    name = form.format(uuid4().hex[:12])
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


def test_of_many_who_want_a_name_at_once_one_gets_it(alice: Person, bob: Person) -> None:
    name = new_name()
    with ThreadPoolExecutor(2) as pool:
        names = list(pool.map(lambda person: patched(person, {"username": name})["username"], [alice, bob]))
    assert sorted(name == had for had in names) == [False, True]


def test_a_password_is_kept_as_argon2_alone(service: Service, alice: Person) -> None:
    assert patched(alice, {"password": PASSWORD})["passwordType"] == "v3"
    assert password_hash(service, alice.id).startswith("$argon2id$")


def test_a_new_address_counts_only_when_its_owner_has_confirmed_it(service: Service, alice: Person) -> None:
    new = new_address()
    reply = alice.patch("/account", {"email": f" {new.upper()} "})
    assert reply.json().keys() == {"result", "account"}
    assert reply.json()["account"]["email"] == alice.email
    letter = letter_to(service, new)
    assert letter["Cc"] == alice.email
    link = link_in(letter)
    kind, confirmation, check = parts_of(link)
    assert (kind, service.http.get(link).status_code) == ("emailchange", 200)

    assert patched(alice, {"confirm": "emailchange", "confirmation": confirmation})["email"] == alice.email
    body = {"confirm": "emailchange", "confirmation": confirmation, "check": check}
    assert failure(alice.patch("/account", {**body, "check": CHECK})) == (404, "notFound")
    changed = patched(alice, body)
    assert (changed["email"], changed["initial"]) == (new, alice.email)
    assert (changed["ehash"], changed["ihash"]) == (digest(new), digest(alice.email))
    assert failure(alice.patch("/account", body)) == (404, "notFound")


def digest(address: str) -> str:
    """What ihash and ehash are."""
    return sha256(address.encode()).hexdigest()


def asked_for_change(person: Person, new: str) -> dict[str, str]:
    """What finishes a change of address, as test mode gives it."""
    confirmation = person.patch("/account", {"email": new, "test": True}).json()["confirmation"]
    return {"confirm": "emailchange", "confirmation": confirmation["id"], "check": confirmation["check"]}


def test_the_new_address_signs_in_and_the_old_one_is_free(service: Service, alice: Person) -> None:
    new = new_test_address()
    patched(alice, {"password": PASSWORD})
    patched(alice, asked_for_change(alice, new))
    assert sign_in(service, new.upper()).status_code == 200
    assert failure(sign_in(service, alice.email)) == (401, "signInFailed")
    body = {"email": alice.email, "language": "en", "test": True}
    confirmation = service.http.post("/signup", json=body).json()["confirmation"]
    reply = service.http.post(f"/confirm/signup/{confirmation['id']}", json={"consent": 1})
    assert reply.json()["account"]["id"] != alice.id


def test_in_test_mode_the_confirmation_comes_back_and_no_letter_goes_out(service: Service, alice: Person) -> None:
    silent, witness = new_test_address(), new_address()
    asked_for_change(alice, silent)
    assert "confirmation" not in alice.patch("/account", {"email": witness}).json()
    letter_to(service, witness)  # sent in turn: one to the other address would have come first
    assert letters_to(service, silent) == []


def test_test_mode_is_for_accounts_of_its_domain(service: Service, alice: Person) -> None:
    outside = new_address()
    patched(alice, asked_for_change(alice, outside))
    reply = alice.patch("/account", {"email": new_test_address(), "test": True})
    assert "confirmation" not in reply.json()


def test_where_test_mode_is_off_a_change_of_address_sends_its_letter(strict: Service) -> None:
    old, new = new_test_address(), new_test_address()
    strict.http.post("/signup", json={"email": old, "language": "de"})
    _, confirmation, _ = parts_of(link_in(letter_to(strict, old)))
    token = strict.http.post(f"/confirm/signup/{confirmation}", json={"consent": 1}).json()["token"]
    person = Credentials(strict, f"Bearer {token}")
    assert "confirmation" not in person.patch("/account", {"email": new, "test": True}).json()
    _, confirmation, check = parts_of(link_in(letter_to(strict, new)))
    body = {"confirm": "emailchange", "confirmation": confirmation, "check": check}
    assert patched(person, body)["email"] == new


def test_ones_own_address_is_no_change(service: Service, alice: Person) -> None:
    reply = alice.patch("/account", {"email": alice.email.upper(), "test": True})
    assert "confirmation" not in reply.json()


def test_only_its_owner_finishes_a_change_of_address(alice: Person, bob: Person) -> None:
    new = new_test_address()
    change = asked_for_change(alice, new)
    assert failure(bob.patch("/account", change)) == (404, "notFound")
    assert patched(alice, change)["email"] == new


def test_an_address_that_is_anothers_by_then_is_refused_and_asking_for_it_tells_nothing(
    alice: Person, bob: Person
) -> None:
    new = new_test_address()
    first, second = asked_for_change(alice, new), asked_for_change(bob, new)
    assert patched(alice, first)["email"] == new
    for change in (second, asked_for_change(bob, new)):
        assert failure(bob.patch("/account", change)) == (409, "emailTaken")
    assert account_of(bob)["email"] == bob.email


def test_a_confirmation_of_another_kind_changes_no_address(service: Service, alice: Person) -> None:
    service.http.post("/signinlink", json={"username": alice.email})
    _, confirmation, check = parts_of(link_in(letter_to(service, alice.email)))
    body = {"confirm": "emailchange", "confirmation": confirmation, "check": check}
    assert failure(alice.patch("/account", body)) == (404, "notFound")


def test_a_picture_is_kept_replaced_and_taken_away(service: Service, alice: Person) -> None:
    first = patched(alice, {"img": PIXEL})["img"]
    assert service.http.get(f"/images/{first}").status_code == 200
    second = patched(alice, {"img": f"data:image/png;base64,{PIXEL}"})["img"]
    assert second not in (first, "default-avatar")
    assert patched(alice, {"bio": "x"})["img"] == second
    assert [service.http.get(f"/images/{img}").status_code for img in (first, second)] == [404, 200]
    assert patched(alice, {"img": ""})["img"] == "default-avatar"
    assert service.http.get(f"/images/{second}").status_code == 404


def test_a_change_that_fails_leaves_no_picture_behind(service: Service, alice: Person) -> None:
    patched(alice, {"data": {f"key{number}": number for number in range(100)}})
    before = sorted(service.data.glob("images/*"))
    assert alice.patch("/account", {"img": PIXEL, "data": {"more": 1}}).status_code == 400
    assert sorted(service.data.glob("images/*")) == before


@pytest.mark.parametrize("path", ["/account", "/consent"])
def test_withdrawing_consent_leaves_three_doors_and_ends_the_keys_for_good(alice: Person, path: str) -> None:
    key = alice.new_key()
    reply = alice.patch(path, {"consent": 0})
    assert (reply.status_code, reply.json()["account"]["consent"]) == (200, 0)
    assert failure(key.get("/account")) == (401, "keyRevoked")
    for refused in (alice.get("/account"), alice.get("/sets"), alice.get("/whoami"), alice.get("/apikeys")):
        assert failure(refused) == (451, "consentLacking")
    assert failure(alice.patch("/account", {"consent": 1})) == (451, "consentLacking")
    assert alice.get("/account/export").status_code == 200
    assert alice.patch("/consent", {"consent": 2}).json()["account"]["consent"] == 2
    assert alice.get("/account").status_code == 200
    assert failure(key.get("/account")) == (401, "keyRevoked")
    assert alice.get("/apikeys").json()["apikeys"] == []


def test_who_has_withdrawn_consent_can_go(alice: Person) -> None:
    patched(alice, {"consent": 0})
    assert alice.delete("/account").json() == {"result": "success", "data": {}}
    assert failure(alice.get("/account")) == (401, "unauthorized")


@pytest.mark.parametrize("body", [{"consent": None}, {"consent": 4}, {"consent": "1"}, {"x": 1}], ids=str)
def test_consent_is_given_by_its_number(alice: Person, body: dict[str, Any]) -> None:
    assert failure(alice.patch("/consent", body)) == (400, "consentRequired")
    assert failure(alice.request("PATCH", "/consent")) == (400, "postBodyMissing")


@pytest.mark.parametrize(("method", "suffix"), [("POST", ""), ("GET", "/jwt")])
def test_a_frozen_account_is_shut_everywhere(service: Service, alice: Person, method: str, suffix: str) -> None:
    patched(alice, {"password": PASSWORD, "username": new_name()})
    key, name = alice.new_key(), account_of(alice)["username"]
    other = Credentials(service, f"Bearer {sign_in(service, alice.email).json()['token']}")
    reply = alice.request(method, f"/account/restrict{suffix}")
    assert (reply.status_code, reply.json()) == (200, {"result": "success", "data": {}})
    for session in (alice, other):
        assert failure(session.get("/account")) == (401, "unauthorized")
        assert failure(session.patch("/consent", {"consent": 2})) == (401, "unauthorized")
    assert failure(key.get("/whoami")) == (401, "keyRevoked")
    assert failure(sign_in(service, alice.email)) == (401, "signInFailed")
    assert service.http.get(f"/users/{name}").status_code == 404
    change_account(service, alice.id, status=1)  # the operator lifts it: what had ended stays ended
    assert failure(alice.get("/account")) == (401, "unauthorized")
    assert failure(key.get("/whoami")) == (401, "keyRevoked")
    assert sign_in(service, alice.email).status_code == 200


def test_a_key_below_level_four_neither_changes_freezes_nor_removes(alice: Person) -> None:
    key = alice.new_key(3)
    for reply in (
        key.patch("/account", {"bio": "x"}),
        key.post("/account/restrict"),
        key.get("/account/restrict"),
        key.delete("/account"),
    ):
        assert failure(reply) == (403, "insufficientAccessLevel")
    assert alice.new_key(4).patch("/account", {"bio": "x"}).status_code == 200


def test_removing_an_account_removes_all_that_it_owned(service: Service, alice: Person, admin: Person) -> None:
    owned = alice.new_set(img=PIXEL, public=True)
    key, name = alice.new_key(), new_name()
    account = patched(alice, {"img": PIXEL, "username": name, "password": PASSWORD})
    export = alice.get("/account/export").json()["data"]
    reply = alice.delete("/account")
    assert (reply.status_code, reply.json()) == (200, {"result": "success", "data": {}})
    assert failure(alice.get("/account")) == (401, "unauthorized")
    assert failure(key.get("/account")) == (401, "unauthorized")
    assert failure(sign_in(service, alice.email)) == (401, "signInFailed")
    gone = [
        f"/users/{alice.id}",
        f"/users/{account['uuid']}",
        f"/users/{name}",
        f"/sets/{owned['id']}.json",
        f"/images/{owned['img']}",
        f"/images/{account['img']}",
        export,
    ]
    assert [failure(service.http.get(path)) for path in gone] == [(404, "notFound")] * len(gone)
    for path in (f"/sets/{owned['id']}", f"/apikeys/{key.key}", f"/users/{alice.id}/data"):
        assert failure(admin.get(path)) == (404, "notFound")


def test_a_removed_accounts_number_and_token_never_become_anothers(service: Service, alice: Person) -> None:
    alice.delete("/account")
    newcomer = service.sign_up()
    assert newcomer.id > alice.id
    assert failure(alice.get("/whoami")) == (401, "unauthorized")


def test_a_removed_accounts_name_and_address_are_free(service: Service, alice: Person, bob: Person) -> None:
    name = patched(alice, {"username": new_name()})["username"]
    alice.delete("/account")
    assert patched(bob, {"username": name})["username"] == name
    assert patched(bob, asked_for_change(bob, alice.email))["email"] == alice.email


def test_an_export_holds_everything_in_the_clear_and_no_secret(service: Service, alice: Person) -> None:
    patched(alice, {"bio": "Ünïcødé", "data": {"githubUsername": "alice"}, "password": PASSWORD})
    key = alice.new_key(name="my script")
    sets = [alice.new_set(name=f"set {number}", measies={"chest": 900 + number}) for number in range(3)]
    reply = alice.get("/account/export")
    assert reply.headers["cache-control"] == "no-store"
    answer = reply.json()
    assert answer["data"] == answer["export"]["url"]
    assert answer["data"].startswith(f"{service.url}/exports/")
    file = service.http.get(answer["data"])
    assert file.status_code == 200
    assert file.headers["content-disposition"] == f'attachment; filename="freesewing-{alice.id}.json"'
    assert file.headers["cache-control"] == "no-store"
    held = json.loads(file.content)
    assert held["sets"] == sets
    assert [made["name"] for made in held["apikeys"]] == ["my script"]
    assert (held["bookmarks"], held["patterns"]) == ([], [])
    moving = ("jwtCalls", "lastSeen")
    account = account_of(alice)
    assert held["account"].keys() == account.keys()
    assert [name for name in account if held["account"][name] != account[name] and name not in moving] == []
    assert held["account"]["bio"] == "Ünïcødé"
    for secret in (key.secret, "argon2", '"password"', "secret", "mfa_"):
        assert secret not in file.text


def test_an_exports_address_cannot_be_guessed_and_is_no_token(service: Service, alice: Person) -> None:
    export = alice.get("/account/export").json()["export"]
    claims = jwt.decode(export["token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 24 * 60 * 60
    forged = jwt.encode(claims, "x" * 32, algorithm="HS256")
    head, body, signature = export["token"].split(".")
    unsigned = b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=") + f".{body}."
    changed = f"{head}.{body}.{signature[:-6]}AAAAAA"
    for token in (forged, unsigned, changed, f"{head}.{body}.", alice.token, str(alice.id), "x"):
        assert failure(service.http.get(f"/exports/{token}")) == (404, "notFound")
    assert failure(Credentials(service, f"Bearer {export['token']}").get("/account")) == (401, "unauthorized")
    assert service.http.get(f"/exports/{export['token']}").status_code == 200


def test_an_export_dies_with_the_sessions_of_its_account(service: Service, alice: Person) -> None:
    address = alice.get("/account/export").json()["data"]
    alice.post("/account/restrict")
    assert failure(service.http.get(address)) == (404, "notFound")


def test_a_key_needs_level_two_to_export(service: Service, alice: Person) -> None:
    assert failure(alice.new_key(1).get("/account/export")) == (403, "insufficientAccessLevel")
    address = alice.new_key(2).get("/account/export").json()["data"]
    assert service.http.get(address).json()["account"]["id"] == alice.id


def test_all_data_is_for_its_owner_and_for_support(service: Service, alice: Person) -> None:
    support, made, key = service.sign_up("support"), alice.new_set(), alice.new_key(2)
    for handle in (alice.id, account_of(alice)["uuid"], account_of(alice)["username"]):
        for reader in (alice, key, support):
            reply = reader.get(f"/users/{handle}/data")
            assert reply.status_code == 200
            data = reply.json()["data"]
            assert (data["sets"], data["bookmarks"], data["patterns"]) == ([made], [], [])
            assert [listed["key"] for listed in data["apikeys"]] == [key.key]
            assert key.secret not in reply.text


def test_all_data_is_not_for_others_nor_for_lower_keys(service: Service, alice: Person, bob: Person) -> None:
    for reader in (bob, alice.new_key(1), service.sign_up("bughunter"), service.sign_up("support").new_key(7)):
        assert failure(reader.get(f"/users/{alice.id}/data")) == (403, "insufficientAccessLevel")


def test_all_data_has_the_paths_that_freesewings_clients_call(alice: Person) -> None:
    key = alice.new_key(2)
    assert alice.get(f"/users/{alice.id}/jwt").json() == alice.get(f"/users/{alice.id}/data").json()
    assert key.get(f"/users/{alice.id}/key").json().keys() == {"result", "data"}
    assert failure(key.get(f"/users/{alice.id}/jwt")) == (401, "unauthorized")


def test_who_may_not_read_data_cannot_tell_whether_there_is_such_an_account(alice: Person, admin: Person) -> None:
    for handle in ("999999999", str(uuid4()), "nobody of this name"):
        assert failure(alice.get(f"/users/{handle}/data")) == (403, "insufficientAccessLevel")
        assert failure(admin.get(f"/users/{handle}/data")) == (404, "notFound")


def test_an_account_needs_level_one_to_be_read(alice: Person) -> None:
    assert failure(alice.new_key(0).get("/account")) == (403, "insufficientAccessLevel")
    assert alice.new_key(1).get("/account").json()["account"]["email"] == alice.email
