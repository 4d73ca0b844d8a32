"""Rotation of API keys: a new secret, and a grace period for the previous one."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from core import clock
from services.auth import api_secrets
from tests.handlers.reading import failure
from tests.handlers.test_key_life import WEEK, change_key, rotated, shown
from tests.idempotent import is_replayed, new_key, post
from tests.matrix import both_engines
from tests.problems import problem
from tests.service import ApiKey, Person, Service


def test_after_a_rotation_both_secrets_work_until_the_grace_is_over(service: Service, alice: Person) -> None:
    old = alice.new_key(2, expires_in=10 * WEEK)
    reply = alice.post(f"/apikeys/{old.key}/rotate")
    assert (reply.status_code, reply.headers["cache-control"]) == (201, "no-store")
    made = reply.json()["apikey"]
    new = ApiKey(service, old.key, made["secret"])
    assert api_secrets.is_wellformed(new.secret) and new.secret != old.secret
    times = [datetime.fromisoformat(made[name]) for name in ("rotatedAt", "previousUntil")]
    assert times[1] - times[0] == timedelta(days=1)
    assert [key.get("/whoami").status_code for key in (old, new)] == [200, 200]
    change_key(service, old, previous_until=clock.now() - timedelta(seconds=1))
    assert failure(old.get("/whoami")) == (401, "unauthorized")
    assert new.get("/whoami").status_code == 200
    assert new.secret not in alice.get(f"/apikeys/{old.key}").text


@both_engines
def test_another_rotation_waits_for_the_end_of_the_earlier_secret_or_ends_all_at_once(alice: Person) -> None:
    first = alice.new_key(expires_in=10 * WEEK)
    second = rotated(alice, first, grace=WEEK)
    until = shown(alice, first)["previousUntil"]
    error = problem(alice.post(f"/apikeys/{first.key}/rotate", {"grace": 60}), 409, "previousSecretActive")
    assert until in error["detail"]
    assert [key.get("/whoami").status_code for key in (first, second)] == [200, 200]
    third = rotated(alice, second, grace=0)
    assert [key.get("/whoami").status_code for key in (first, second, third)] == [401, 401, 200]
    fourth = rotated(alice, third)
    assert [key.get("/whoami").status_code for key in (third, fourth)] == [200, 200]


def test_a_key_gains_no_access_for_longer_than_its_own(service: Service, alice: Person) -> None:
    short, long = alice.new_key(expires_in=3600), alice.new_key(expires_in=WEEK)
    made = short.post("/apikeys", {"name": "longer", "level": 4, "expiresIn": WEEK}).json()["apikey"]
    assert made["expiresAt"] == shown(alice, short)["expiresAt"]
    assert failure(short.post(f"/apikeys/{long.key}/rotate")) == (403, "insufficientAccessLevel")
    # Neither does the secret before a rotation.
    rotated(alice, long, grace=60)
    made = long.post("/apikeys", {"name": "longer", "level": 4, "expiresIn": WEEK}).json()["apikey"]
    assert made["expiresAt"] == shown(alice, long)["previousUntil"]
    assert failure(long.post(f"/apikeys/{long.key}/rotate", {"grace": 0})) == (403, "insufficientAccessLevel")
    # A grace that lasts until the key expires does not make the earlier secret the present one.
    brief = alice.new_key(4, expires_in=60)
    rotated(alice, brief, grace=WEEK)
    assert failure(brief.post(f"/apikeys/{brief.key}/rotate", {"grace": 0})) == (403, "insufficientAccessLevel")


def test_the_secret_before_never_outlives_the_key(alice: Person) -> None:
    key = alice.new_key(expires_in=60)
    rotated(alice, key, grace=WEEK)
    after = shown(alice, key)
    assert after["previousUntil"] == after["expiresAt"]


def test_a_revoked_keys_secret_before_is_revoked_too(alice: Person) -> None:
    old = alice.new_key()
    new = rotated(alice, old)
    alice.post(f"/apikeys/{old.key}/revoke")
    for holder in (old, new):
        problem(holder.get("/whoami"), 401, "keyRevoked")


def test_a_key_that_ended_gets_no_new_secret(service: Service, alice: Person) -> None:
    expired, revoked = alice.new_key(), alice.new_key()
    change_key(service, expired, expires_at=clock.now() - timedelta(seconds=1))
    alice.post(f"/apikeys/{revoked.key}/revoke")
    for key in (expired, revoked):
        problem(alice.post(f"/apikeys/{key.key}/rotate"), 409, "keyNotActive")


def test_a_key_is_rotated_by_its_owner_alone_and_by_nothing_weaker(
    service: Service, alice: Person, bob: Person, admin: Person
) -> None:
    key = alice.new_key()
    for other in (bob, admin):
        assert failure(other.post(f"/apikeys/{key.key}/rotate")) == (403, "insufficientAccessLevel")
    acting = admin.get(f"/admin/impersonate/{alice.id}").json()["token"]
    impersonator = Person(service, alice.id, alice.email, acting)
    assert failure(impersonator.post(f"/apikeys/{key.key}/rotate")) == (403, "insufficientAccessLevel")
    curator = service.sign_up("curator")
    strong, weak = curator.new_key(5), curator.new_key(4)
    assert failure(weak.post(f"/apikeys/{strong.key}/rotate")) == (403, "insufficientAccessLevel")
    assert strong.post(f"/apikeys/{strong.key}/rotate").status_code == 201


@pytest.mark.parametrize("grace", [-1, WEEK + 1, 1.5, "60", None, True])
def test_a_grace_is_a_week_at_most(alice: Person, grace: Any) -> None:
    key = alice.new_key()
    assert failure(alice.post(f"/apikeys/{key.key}/rotate", {"grace": grace})) == (400, "validationFailed")
    assert shown(alice, key)["rotatedAt"] is None


def test_a_rotation_sent_again_shows_the_same_secret(alice: Person) -> None:
    key, name = alice.new_key(), new_key()
    first, again = (post(alice, f"/apikeys/{key.key}/rotate", {"grace": 60}, name) for _ in range(2))
    assert (first.status_code, is_replayed(first), is_replayed(again)) == (201, False, True)
    assert first.json() == again.json()
