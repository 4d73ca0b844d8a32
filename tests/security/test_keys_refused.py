"""API keys: which ones are refused, and what a good one opens."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from services.auth import api_secrets
from storage.schema.tables import apikeys
from tests.handlers.database import change_account, execute
from tests.matrix import on_sqlite
from tests.problems import problem
from tests.security.credentials import basic, refused
from tests.service import ApiKey, Person, Service


def change_key(service: Service, key: ApiKey, **columns: Any) -> None:
    execute(service, update(apikeys).where(apikeys.c.key == UUID(key.key)).values(**columns))


def test_a_key_with_another_secret_is_refused_like_an_unknown_one(
    service: Service, key: ApiKey, owner: Person
) -> None:
    known = refused(service, basic(key.key, owner.new_key().secret))
    unknown = refused(service, basic(str(uuid4()), key.secret))
    invented = refused(service, basic(key.key, api_secrets.new_secret()))
    assert known == unknown == invented


@on_sqlite
def test_no_garbage_passes_for_a_secret(service: Service, key: ApiKey) -> None:
    secret = key.secret
    flipped = [secret[:at] + ("x" if secret[at] != "x" else "y") + secret[at + 1 :] for at in range(len(secret))]
    cut = [
        secret[:-1],
        secret[1:],
        secret[4:],
        secret + "x",
        secret + " ",
        " " + secret,
        secret + "\n",
        secret + "\0",
    ]
    swapped = [secret.swapcase(), secret.upper(), secret[::-1], secret + ":", "f" * 64, "", "é" * len(secret)]
    for garbage in (*flipped, *cut, *swapped):
        assert refused(service, basic(key.key, garbage)) == "The credentials are not an API key and its secret."
    for name in ("", "1", key.key[:-1], key.key + "0", " " + key.key, key.key + "\0", f"urn:uuid:{key.key}", "é"):
        refused(service, basic(name, secret))
    assert key.get("/whoami").status_code == 200


def test_an_expired_key_gets_keyexpired_only_with_its_secret(service: Service, alice: Person) -> None:
    key, other = alice.new_key(), alice.new_key()
    change_key(service, key, expires_at=datetime(2024, 2, 29, 12, tzinfo=UTC))
    assert refused(service, key.authorization, "keyExpired") == "The API key expired on 2024-02-29T12:00:00.000Z."
    assert "no API key" in refused(service, basic(key.key, other.secret))
    assert key.key in [listed["key"] for listed in alice.get("/apikeys").json()["apikeys"]]
    change_key(service, key, expires_at=datetime.now(UTC) + timedelta(hours=1))
    assert key.get("/whoami").status_code == 200


def test_a_deleted_key_gets_keyrevoked_only_with_its_secret_and_at_once(service: Service, alice: Person) -> None:
    key, other = alice.new_key(), alice.new_key()
    assert key.delete(f"/apikeys/{key.key}").status_code == 204
    assert "revoked on" in refused(service, key.authorization, "keyRevoked")
    assert "no API key" in refused(service, basic(key.key, other.secret))
    # A key that is both revoked and expired gets keyRevoked.
    change_key(service, key, expires_at=datetime(2024, 2, 29, tzinfo=UTC))
    refused(service, key.authorization, "keyRevoked")
    assert other.get("/whoami").status_code == 200


def test_a_key_never_has_more_than_its_owners_level(service: Service, bob: Person) -> None:
    others = f"/sets/{bob.new_set()['id']}"
    boss = service.sign_up("admin")
    key = boss.new_key(9)
    assert key.get(others).status_code == 200
    for role, status in (("support", 200), ("bughunter", 200), ("curator", 403), ("user", 403), ("admin", 200)):
        change_account(service, boss.id, role=role)
        assert key.get(others).status_code == status
        assert key.get("/sets").status_code == 200


@pytest.mark.parametrize("level", range(5))
def test_a_key_has_no_more_than_its_own_level(owner: Person, level: int) -> None:
    key = owner.new_key(level)
    for method, path, needed in (
        ("GET", "/whoami", 0),
        ("GET", "/sets", 1),
        ("GET", "/account", 1),
        ("GET", "/apikeys", 2),
        ("PATCH", "/sets/999999999999999", 3),
        ("PATCH", "/account", 4),
    ):
        reply = key.request(method, path)
        if level >= needed:
            assert reply.status_code in (200, 404)
        else:
            problem(reply, 403, "insufficientAccessLevel")


def test_no_key_makes_one_that_may_do_more(owner: Person) -> None:
    boss = owner.service.sign_up("admin")
    for asks, level in ((owner, 5), (boss.new_key(4), 5), (owner.new_key(4), 9)):
        reply = asks.post("/apikeys", {"name": "more", "level": level, "expiresIn": 60})
        problem(reply, 400, "keyLevelExceedsRoleLevel")
    problem(
        boss.new_key(3).post("/apikeys", {"name": "x", "level": 0, "expiresIn": 60}), 403, "insufficientAccessLevel"
    )
