"""Exports, and all the data of an account at once."""

import json
from base64 import b64encode
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from sqlalchemy import update

from core import clock
from storage.schema.tables import apikeys
from tests.handlers.accounts import account_of, patched, sign_in
from tests.handlers.database import change_account, execute
from tests.handlers.reading import failure
from tests.handlers.signing_in import with_password
from tests.handlers.test_impersonation import impersonated
from tests.matrix import both_engines
from tests.service import PASSWORD, Credentials, Person, Service


def test_an_export_holds_everything_in_the_clear_and_no_secret(service: Service, alice: Person) -> None:
    patched(alice, {"bio": "Ünïcødé", "data": {"githubUsername": "alice"}, "password": PASSWORD})
    key = alice.new_key(name="my script")
    sets = [alice.new_set(name=f"set {number}", measies={"chest": 900 + number}) for number in range(3)]
    patterns = [alice.new_pattern(name=f"pattern {made['id']}", set=made["id"]) for made in sets]
    bookmarks = [alice.new_bookmark(title="Ünïcødé")]
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
    assert (held["bookmarks"], held["patterns"]) == (bookmarks, patterns)
    assert [(session["network"], session["current"]) for session in held["sessions"]] == [("127.0.0.0/24", False)]
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


def exported(caller: Credentials) -> str:
    """The address of an export that can be downloaded."""
    reply = caller.get("/account/export")
    assert reply.status_code == 200, reply.text
    address: str = reply.json()["data"]
    assert is_open(caller.service, address)
    return address


def is_open(service: Service, address: str) -> bool:
    """Whether the export can be downloaded."""
    reply = service.http.get(address)
    assert reply.status_code == 200 or failure(reply) == (404, "notFound")
    return reply.status_code == 200


@pytest.mark.parametrize(
    ("column", "value"),
    [("status", -1), ("status", -2), ("role", "blocked"), ("consent", 0), ("epoch", 1)],
)
def test_an_export_ends_with_the_access_of_its_account(
    service: Service, alice: Person, column: str, value: Any
) -> None:
    addresses = [exported(alice), exported(alice.new_key(2))]
    change_account(service, alice.id, **{column: value})
    assert [is_open(service, address) for address in addresses] == [False, False]


def test_an_export_ends_with_the_session_that_requested_it(service: Service) -> None:
    alice = with_password(service)
    first, second = (Credentials(service, f"Bearer {sign_in(service, alice.id).json()['token']}") for _ in range(2))
    ended, kept = exported(first), exported(second)
    [session] = [each["id"] for each in first.get("/account/sessions").json()["sessions"] if each["current"]]
    assert alice.delete(f"/account/sessions/{session}").status_code == 204
    assert [is_open(service, address) for address in (ended, kept)] == [False, True]
    assert alice.delete("/account/sessions").status_code == 204
    assert not is_open(service, kept)


def test_an_export_ends_with_the_key_that_requested_it(service: Service, alice: Person) -> None:
    revoked, removed, kept = (alice.new_key(2) for _ in range(3))
    addresses = [exported(key) for key in (revoked, removed, kept)]
    assert alice.post(f"/apikeys/{revoked.key}/revoke").status_code == 200
    assert alice.delete(f"/apikeys/{removed.key}").status_code == 204
    assert [is_open(service, address) for address in addresses] == [False, False, True]


def test_an_export_ends_with_the_secret_that_requested_it(service: Service, alice: Person) -> None:
    key = alice.new_key(2)
    address = exported(key)
    assert alice.post(f"/apikeys/{key.key}/rotate", {"grace": 3600}).status_code == 201
    # As long as the secret is good.
    assert is_open(service, address)
    assert alice.post(f"/apikeys/{key.key}/rotate", {"grace": 0}).status_code == 201
    assert not is_open(service, address)


def test_an_export_expires_with_its_credential(service: Service, alice: Person) -> None:
    key = alice.new_key(2, expires_in=600)
    export = key.get("/account/export").json()["export"]
    [made] = [each for each in alice.get("/apikeys").json()["apikeys"] if each["key"] == key.key]
    assert export["expiresAt"] == made["expiresAt"]
    execute(service, update(apikeys).where(apikeys.c.key == UUID(key.key)).values(expires_at=clock.now()))
    assert not is_open(service, export["url"])


def test_an_owner_without_consent_may_export_until_sessions_are_ended(service: Service, alice: Person) -> None:
    before = exported(alice)
    assert alice.patch("/account", {"consent": 0}).status_code == 200
    assert not is_open(service, before)
    assert is_open(service, exported(alice))


def test_an_impersonating_administrator_cannot_export(admin: Person, alice: Person) -> None:
    assert failure(impersonated(admin, alice).get("/account/export")) == (403, "insufficientAccessLevel")


def test_head_of_an_export_sends_no_data(service: Service, alice: Person) -> None:
    address = alice.get("/account/export").json()["data"]
    for reply in (service.http.head(address), alice.request("HEAD", f"/users/{alice.id}/data")):
        assert (reply.status_code, reply.content) == (200, b"")


@both_engines
def test_an_export_of_many_slices_is_complete(service: Service, alice: Person) -> None:
    drawing = {"path": "x" * 150_000}
    made = [alice.new_pattern(data=drawing, name=f"pattern {number}") for number in range(4)]
    address = alice.get("/account/export").json()["data"]
    assert service.http.get(address).json()["patterns"] == made
    assert alice.get(f"/users/{alice.id}/data").json()["data"]["patterns"] == made


def test_a_key_needs_level_two_to_export(service: Service, alice: Person) -> None:
    assert failure(alice.new_key(1).get("/account/export")) == (403, "insufficientAccessLevel")
    address = alice.new_key(2).get("/account/export").json()["data"]
    assert service.http.get(address).json()["account"]["id"] == alice.id


def test_all_data_is_for_its_owner_and_for_support(service: Service, alice: Person) -> None:
    support, made, key = service.sign_up("support"), alice.new_set(), alice.new_key(2)
    pattern, bookmark = alice.new_pattern(set=made["id"]), alice.new_bookmark()
    for handle in (alice.id, account_of(alice)["uuid"], account_of(alice)["username"]):
        for reader in (alice, key, support):
            reply = reader.get(f"/users/{handle}/data")
            assert reply.status_code == 200
            data = reply.json()["data"]
            assert (data["sets"], data["bookmarks"], data["patterns"]) == ([made], [bookmark], [pattern])
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


def test_data_that_cannot_be_read_does_not_reveal_whether_an_account_exists(alice: Person, admin: Person) -> None:
    for handle in ("999999999", str(uuid4()), "nobody of this name"):
        assert failure(alice.get(f"/users/{handle}/data")) == (403, "insufficientAccessLevel")
        assert failure(admin.get(f"/users/{handle}/data")) == (404, "notFound")
