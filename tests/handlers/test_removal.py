"""Withdrawing consent, freezing one's account, and removing it."""

from typing import Any

import pytest

from tests.handlers.accounts import account_of, asked_for_change, new_name, patched, sign_in
from tests.handlers.database import change_account
from tests.handlers.reading import failure
from tests.handlers.test_sets import PIXEL
from tests.matrix import both_engines
from tests.service import PASSWORD, Credentials, Person, Service


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
    assert [one["revokedBy"] for one in alice.get("/apikeys").json()["apikeys"]] == ["consent"]


def test_an_account_without_consent_can_be_deleted(alice: Person) -> None:
    patched(alice, {"consent": 0})
    assert alice.delete("/account").json() == {"result": "success", "data": {}}
    assert failure(alice.get("/account")) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"consent": None}, "consentRequired"),
        ({"x": 1}, "consentRequired"),
        ({"consent": 4}, "consentInvalid"),
        ({"consent": "1"}, "consentInvalid"),
    ],
    ids=str,
)
def test_consent_is_given_by_its_number(alice: Person, body: dict[str, Any], code: str) -> None:
    assert failure(alice.patch("/consent", body)) == (400, code)
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


@both_engines
def test_removing_an_account_removes_all_that_it_owned(service: Service, alice: Person, admin: Person) -> None:
    owned = alice.new_set(img=PIXEL, public=True)
    pattern, bookmark = alice.new_pattern(img=PIXEL, public=True, set=owned["id"]), alice.new_bookmark()
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
        f"/patterns/{pattern['id']}.json",
        f"/images/{owned['img']}",
        f"/images/{pattern['img']}",
        f"/images/{account['img']}",
        export,
    ]
    assert [failure(service.http.get(path)) for path in gone] == [(404, "notFound")] * len(gone)
    for path in (
        f"/sets/{owned['id']}",
        f"/patterns/{pattern['id']}",
        f"/bookmarks/{bookmark['id']}",
        f"/apikeys/{key.key}",
        f"/users/{alice.id}/data",
    ):
        assert failure(admin.get(path)) == (404, "notFound")


def test_anothers_pattern_outlives_the_account_whose_set_it_was_drafted_from(alice: Person, bob: Person) -> None:
    made = bob.new_pattern(set=alice.new_set(public=True)["id"])
    alice.delete("/account")
    assert bob.get(f"/patterns/{made['id']}").json()["pattern"] == {**made, "set": None, "setId": None}


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
