"""API keys: creation, members of responses, counted calls, and how keys end."""

import re
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from core import clock
from services.auth import api_secrets
from storage.schema.tables import apikeys
from tests.handlers.database import change_account, execute
from tests.handlers.reading import failure
from tests.service import ApiKey, Credentials, Person, Service, wait_until

YEAR = 31_536_000
SHOWN = (
    *("key", "level", "createdAt", "expiresAt", "name", "userId", "state"),
    *("revokedAt", "revokedBy", "revokedReason", "rotatedAt", "previousUntil"),
)
ROLES = {"user": 4, "tester": 4, "curator": 5, "bughunter": 6, "support": 8, "admin": 9}


def body(**changes: Any) -> dict[str, Any]:
    """What a new key is asked for with; None takes a field out."""
    wanted = {"name": "a key", "level": 1, "expiresIn": 60, **changes}
    return {name: value for name, value in wanted.items() if value is not None}


def listed(person: Credentials) -> list[dict[str, Any]]:
    """Return the keys of the account."""
    found: list[dict[str, Any]] = person.get("/apikeys").json()["apikeys"]
    return found


def test_a_new_key_is_shown_with_its_secret_and_works(service: Service, alice: Person) -> None:
    reply = alice.post("/apikeys", body(name="Ünïcødé 🧵", level=2, expiresIn=3600))
    assert reply.status_code == 201
    assert reply.headers["cache-control"] == "no-store"
    made = reply.json()["apikey"]
    assert made.keys() == {"secret", *SHOWN}
    assert (made["level"], made["name"], made["userId"]) == (2, "Ünïcødé 🧵", alice.id)
    created, expires = (datetime.fromisoformat(made[name]) for name in ("createdAt", "expiresAt"))
    assert expires - created == timedelta(hours=1)
    assert ApiKey(service, made["key"], made["secret"]).get("/account").status_code == 200


def test_a_malformed_secret_is_rejected_without_a_query(alice: Person) -> None:
    secrets = [alice.new_key().secret for _ in range(3)]
    assert len(set(secrets)) == 3
    for secret in secrets:
        assert re.fullmatch(r"fsk_[0-9A-Za-z]{49}", secret)
        assert api_secrets.is_wellformed(secret)


@pytest.mark.parametrize("expires_in", [1, 60, YEAR])
def test_a_key_lives_for_a_second_up_to_a_year(alice: Person, expires_in: int) -> None:
    assert alice.post("/apikeys", body(expiresIn=expires_in)).status_code == 201


@pytest.mark.parametrize("level", range(5))
def test_a_key_has_the_level_that_it_is_given(alice: Person, level: int) -> None:
    key = alice.new_key(level)
    assert key.get("/whoami").json()["apikey"]["level"] == level


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (None, "postBodyMissing"),
        ({}, "postBodyMissing"),
        (body(name=None), "nameMissing"),
        (body(name=""), "nameMissing"),
        (body() | {"name": None}, "nameMissing"),
        (body(name=12), "validationFailed"),
        (body(name="x" * 201), "validationFailed"),
        (body(level=None), "levelMissing"),
        (body() | {"level": None}, "levelMissing"),
        (body(level="1"), "levelNotNumeric"),
        (body(level=1.5), "invalidLevel"),
        (body(level=True), "levelNotNumeric"),
        (body(level=-1), "invalidLevel"),
        (body(level=10), "invalidLevel"),
        (body(level=10**30), "invalidLevel"),
        (body(level=5), "keyLevelExceedsRoleLevel"),
        (body(level=9), "keyLevelExceedsRoleLevel"),
        (body(expiresIn=None), "expiresInMissing"),
        (body() | {"expiresIn": None}, "expiresInMissing"),
        (body(expiresIn="60"), "expiresInNotNumeric"),
        (body(expiresIn=1.5), "expiresInNotNumeric"),
        (body(expiresIn=YEAR + 1), "expiresIsHigherThanMaximum"),
        (body(expiresIn=10**30), "expiresIsHigherThanMaximum"),
        (body(expiresIn=0), "validationFailed"),
        (body(expiresIn=-60), "validationFailed"),
    ],
    ids=str,
)
def test_what_no_key_can_be_made_of_is_refused_by_its_code(
    alice: Person, sent: dict[str, Any] | None, code: str
) -> None:
    assert failure(alice.post("/apikeys", sent)) == (400, code)
    assert listed(alice) == []


@pytest.mark.parametrize(("role", "highest"), ROLES.items())
def test_the_role_sets_the_highest_level(service: Service, role: str, highest: int) -> None:
    person = service.sign_up(role)
    assert person.post("/apikeys", body(level=highest)).status_code == 201
    if highest < 9:
        assert failure(person.post("/apikeys", body(level=highest + 1))) == (400, "keyLevelExceedsRoleLevel")


def test_a_key_makes_no_key_above_itself(service: Service) -> None:
    key = service.sign_up("curator").new_key(4)
    assert key.post("/apikeys", body(level=4)).status_code == 201
    assert failure(key.post("/apikeys", body(level=5))) == (400, "keyLevelExceedsRoleLevel")


def test_a_key_below_level_four_makes_none_at_all(alice: Person) -> None:
    for level in range(4):
        assert failure(alice.new_key(level).post("/apikeys", body(level=0))) == (403, "insufficientAccessLevel")


def test_a_key_of_level_zero_can_only_identify_itself(alice: Person) -> None:
    key = alice.new_key(0)
    assert key.get("/whoami").status_code == 200
    for path in ("/account", "/sets", "/apikeys"):
        assert failure(key.get(path)) == (403, "insufficientAccessLevel")


def test_a_key_reads_its_own_record(alice: Person) -> None:
    key = alice.new_key(3, name="my script")
    made = alice.get(f"/apikeys/{key.key}").json()["apikey"]
    expected = {name: made[name] for name in ("key", "level", "expiresAt", "name", "userId")}
    expected |= {"quotas": [], "usage": {"today": 0, "total": 0}}
    assert key.get("/whoami").json() == {"result": "success", "apikey": expected}
    assert (expected["key"], expected["level"], expected["userId"]) == (key.key, 3, alice.id)


def test_the_list_has_every_key_of_ones_own_oldest_first_and_no_secret(alice: Person, bob: Person) -> None:
    made = [alice.new_key(2, name=f"key {number}") for number in range(3)]
    bob.new_key()
    for reader in (alice, made[0]):
        reply = reader.get("/apikeys")
        shown = reply.json()["apikeys"]
        assert [(one["id"], one["key"], one["name"]) for one in shown] == [
            (key.key, key.key, f"key {number}") for number, key in enumerate(made)
        ]
        assert {*shown[0]} == {*("id", "calls", "lastSeen", *SHOWN)}
        assert "secret" not in reply.text
        assert not [key for key in made if key.secret in reply.text]


def test_one_key_is_read_without_its_secret(alice: Person) -> None:
    key = alice.new_key(2)
    reply = alice.get(f"/apikeys/{key.key}")
    assert {*reply.json()["apikey"]} == {*SHOWN}
    assert key.get(f"/apikeys/{key.key.upper()}").json() == reply.json()


def test_calls_are_counted_for_the_key_and_for_its_owner(alice: Person) -> None:
    key, other = alice.new_key(2), alice.new_key(2)
    before = alice.get("/account").json()["account"]
    assert [(one["calls"], one["lastSeen"]) for one in listed(alice)] == [(0, None), (0, None)]
    for _ in range(3):
        key.get("/whoami")
    assert key.delete("/account").status_code == 403  # refused, but authenticated all the same

    def use() -> dict[str, int]:
        return {one["key"]: one["calls"] for one in listed(alice)}

    wait_until(lambda: use() == {key.key: 4, other.key: 0}, "four calls to be counted")
    shown = {one["key"]: one["lastSeen"] for one in listed(alice)}
    assert before["updatedAt"] <= shown[key.key]
    assert shown[other.key] is None
    after = alice.get("/account").json()["account"]
    assert after["keyCalls"] - before["keyCalls"] == 4
    assert after["jwtCalls"] > before["jwtCalls"]
    assert after["lastSeen"] >= shown[key.key]


def test_a_wrong_secret_is_not_counted(service: Service, alice: Person) -> None:
    key = alice.new_key(2)
    wrong = ApiKey(service, key.key, api_secrets.new_secret())
    assert failure(wrong.get("/whoami")) == (401, "unauthorized")
    key.get("/whoami")
    wait_until(lambda: listed(alice)[0]["calls"] > 0, "the one call to be counted")
    assert listed(alice)[0]["calls"] == 1


def test_a_deleted_key_is_gone_except_for_calls_with_it(alice: Person) -> None:
    key, other = alice.new_key(4), alice.new_key(4)
    assert alice.delete(f"/apikeys/{key.key}").status_code == 204
    assert failure(key.get("/whoami")) == (401, "keyRevoked")
    for attempt in (alice.get, alice.delete, other.get, other.delete):
        assert failure(attempt(f"/apikeys/{key.key}")) == (404, "notFound")
    assert [one["key"] for one in listed(alice)] == [other.key]


def test_a_key_can_delete_itself(alice: Person) -> None:
    key = alice.new_key(4)
    assert key.delete(f"/apikeys/{key.key}").status_code == 204
    assert failure(key.get("/whoami")) == (401, "keyRevoked")


def test_a_revoked_key_with_a_wrong_secret_is_like_any_other(service: Service, alice: Person) -> None:
    key = alice.new_key()
    alice.delete(f"/apikeys/{key.key}")
    assert failure(ApiKey(service, key.key, api_secrets.new_secret()).get("/whoami")) == (401, "unauthorized")


def test_an_expired_key_gets_keyexpired_and_stays_in_the_list(service: Service, alice: Person) -> None:
    key = alice.new_key()
    past = clock.now() - timedelta(seconds=1)
    execute(service, update(apikeys).values(expires_at=past).where(apikeys.c.key == UUID(key.key)))
    assert failure(key.get("/whoami")) == (401, "keyExpired")
    assert failure(ApiKey(service, key.key, api_secrets.new_secret()).get("/whoami")) == (401, "unauthorized")
    assert [one["key"] for one in listed(alice)] == [key.key]
    assert alice.delete(f"/apikeys/{key.key}").status_code == 204


@pytest.mark.parametrize("role", ["user", "support"])
def test_the_keys_of_others_are_for_administrators_alone(service: Service, alice: Person, role: str) -> None:
    key, reader = alice.new_key(), service.sign_up(role)
    for attempt in (reader.get, reader.delete):
        assert failure(attempt(f"/apikeys/{key.key}")) == (403, "insufficientAccessLevel")
    assert failure(reader.post(f"/apikeys/{key.key}/revoke")) == (403, "insufficientAccessLevel")
    assert key.get("/whoami").status_code == 200


def test_an_administrator_reads_and_ends_the_keys_of_others(alice: Person, admin: Person) -> None:
    key = alice.new_key()
    assert failure(admin.new_key(8).get(f"/apikeys/{key.key}")) == (403, "insufficientAccessLevel")
    assert admin.get(f"/apikeys/{key.key}").json()["apikey"]["userId"] == alice.id
    assert failure(admin.delete(f"/apikeys/{key.key}")) == (400, "reasonMissing")
    assert admin.new_key(9).delete(f"/apikeys/{key.key}?reason=Too%20many%20calls").status_code == 204
    assert failure(key.get("/whoami")) == (401, "keyRevoked")


@pytest.mark.parametrize("key", ["00000000-0000-4000-8000-000000000000", "1", "x", "%00", "a" * 36])
def test_an_unknown_key_is_not_found(admin: Person, key: str) -> None:
    for attempt in (admin.get, admin.delete):
        assert failure(attempt(f"/apikeys/{key}")) == (404, "notFound")


def test_reading_keys_needs_level_two_and_deleting_them_four(alice: Person) -> None:
    key = alice.new_key(1)
    assert failure(key.get("/apikeys")) == (403, "insufficientAccessLevel")
    assert failure(key.get(f"/apikeys/{key.key}")) == (403, "insufficientAccessLevel")
    reader = alice.new_key(3)
    assert reader.get(f"/apikeys/{key.key}").status_code == 200
    assert failure(reader.delete(f"/apikeys/{key.key}")) == (403, "insufficientAccessLevel")


ENDS: dict[str, Callable[[Service, Person], object]] = {
    "blocked": lambda service, person: change_account(service, person.id, role="blocked"),
    "frozen": lambda service, person: change_account(service, person.id, status=-1),
    "disabled": lambda service, person: change_account(service, person.id, status=-2),
    "without consent": lambda service, person: change_account(service, person.id, consent=0),
    "removed": lambda service, person: person.delete("/account"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_key_works_no_longer_than_its_owner_may_sign_in(service: Service, alice: Person, end: str) -> None:
    key = alice.new_key()
    ENDS[end](service, alice)
    assert failure(key.get("/whoami")) == (401, "unauthorized")


def test_a_lowered_role_lowers_what_a_key_may_do(service: Service) -> None:
    admin = service.sign_up("admin")
    key = admin.new_key(9)
    stranger = service.sign_up().new_set()
    assert key.get(f"/sets/{stranger['id']}").status_code == 200
    change_account(service, admin.id, role="user")
    for credentials in (key, admin):
        assert failure(credentials.get(f"/sets/{stranger['id']}")) == (403, "insufficientAccessLevel")
    assert failure(key.post("/apikeys", body(level=5))) == (400, "keyLevelExceedsRoleLevel")


@pytest.mark.parametrize(
    "form", [":", "x", "x:y", "{key}", "{key}:", ":{secret}", "1:{secret}", "é:é", "{secret}:{key}"]
)
def test_a_wrong_key_or_secret_is_refused(service: Service, alice: Person, form: str) -> None:
    key = alice.new_key()
    credentials = form.format(key=key.key, secret=key.secret)
    header = "Basic " + b64encode(credentials.encode()).decode()
    assert failure(Credentials(service, header).get("/whoami")) == (401, "unauthorized")
