"""API keys: what decides about them, and their revocation."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.errors import KeyNotActive, NoSuchRecord
from storage import accounts, apikeys, mails, revocation, security_log
from storage.security_log import STAFF, Origin
from tests.storage.store import NOW, ORIGIN, Store


def test_a_key_is_stored_and_read_back(store: Store) -> None:
    user_id = store.new_account()["id"]
    made = store.new_key(user_id, name="Ünïcødé 🧵", level=3)
    assert (made["name"], made["level"], made["user_id"], made["calls"]) == ("Ünïcødé 🧵", 3, user_id, 0)
    assert (made["created_at"], made["expires_at"]) == (NOW, NOW + timedelta(hours=1))
    assert (made["revoked_at"], made["last_seen"]) == (None, None)
    assert store.read(apikeys.find, made["key"]) == made


def test_the_key_status_includes_its_owners_role_status_and_consent(store: Store) -> None:
    account = store.new_account(role="admin", consent=2)
    user_id = account["id"]
    made = store.new_key(user_id, level=2, secret_hash="a" * 64)
    assert store.read(apikeys.find_status, made["key"]) == apikeys.KeyStatus(
        id=made["id"],
        user_id=user_id,
        user_uuid=account["uuid"],
        level=2,
        expires_at=NOW + timedelta(hours=1),
        revoked_at=None,
        secret_hash="a" * 64,
        role="admin",
        status=accounts.ACTIVE,
        consent=2,
        key_quotas=None,
        account_quotas=None,
        previous_hash=None,
        previous_until=None,
    )


def test_an_unknown_key_has_no_status(store: Store) -> None:
    store.new_key(store.new_account()["id"])
    assert store.read(apikeys.find_status, uuid4()) is None
    with pytest.raises(NoSuchRecord):
        store.read(apikeys.find, uuid4())


def held(store: Store, key: UUID) -> Any:
    """What a transaction that changes the key begins with."""
    return store.write(apikeys.lock, key)


def test_a_revoked_key_stays_listed_and_a_removed_one_is_gone_except_for_calls_with_it(store: Store) -> None:
    user_id = store.new_account()["id"]
    key, kept = store.new_key(user_id)["key"], store.new_key(user_id)
    store.revoke_key(key)
    assert store.read(apikeys.find, key)["revoked_at"] == NOW
    assert [one["key"] for one in store.read(apikeys.list_of, user_id)] == [key, kept["key"]]
    store.write(revocation.remove, held(store, key), by=revocation.OWNER, origin=ORIGIN, now=NOW)
    with pytest.raises(NoSuchRecord):
        store.read(apikeys.find, key)
    assert list(store.read(apikeys.list_of, user_id)) == [kept]
    key_status = store.read(apikeys.find_status, key)
    assert key_status is not None and key_status.revoked_at == NOW


def test_a_key_is_revoked_once_and_keeps_its_first_time_and_reason(store: Store) -> None:
    key = store.new_key(store.new_account()["id"])["key"]
    store.revoke_key(key, by=revocation.STAFF, reason="the first")
    store.revoke_key(key, now=NOW + timedelta(hours=1), reason="the second")
    found = store.read(apikeys.find, key)
    assert (found["revoked_at"], found["revoked_by"], found["revoked_reason"]) == (NOW, "staff", "the first")
    assert store.read(apikeys.find_end, found["id"]) == ("staff", "the first")
    with pytest.raises(NoSuchRecord):
        store.write(apikeys.lock, uuid4())


def test_a_list_holds_the_keys_in_one_state(store: Store) -> None:
    user_id = store.new_account()["id"]
    keys = [store.new_key(user_id)["key"] for _ in range(2)]
    store.revoke_key(keys[1])

    def found(state: str, hours: int) -> list[UUID]:
        at = NOW + timedelta(hours=hours)
        return [one["key"] for one in store.read(apikeys.list_of, user_id, state=state, now=at)]

    assert [found(state, 0) for state in ("active", "expired", "revoked")] == [keys[:1], [], keys[1:]]
    assert [found(state, 1) for state in ("active", "expired", "revoked")] == [[], keys[:1], keys[1:]]


def test_a_rotation_keeps_the_secret_before_until_its_end_and_never_past_the_expiry(store: Store) -> None:
    key = store.new_key(store.new_account()["id"], secret_hash="a" * 64)["key"]
    minute = timedelta(minutes=1)
    for secret, now, grace, until in (
        ("b" * 64, NOW + 30 * minute, 5 * minute, NOW + 35 * minute),
        ("c" * 64, NOW + 35 * minute, timedelta(days=7), NOW + 60 * minute),
        ("d" * 64, NOW + 40 * minute, timedelta(0), NOW + 40 * minute),
    ):
        before = store.read(apikeys.find, key)["secret_hash"]
        store.write(apikeys.rotate, held(store, key), secret_hash=secret, grace=grace, origin=ORIGIN, now=now)
        key_status = store.read(apikeys.find_status, key)
        assert key_status is not None
        assert (key_status.secret_hash, key_status.previous_hash, key_status.previous_until) == (
            secret,
            before,
            until,
        )
    present, after = held(store, key), NOW + timedelta(hours=1)
    with pytest.raises(KeyNotActive):
        store.write(apikeys.rotate, present, secret_hash="e" * 64, grace=timedelta(0), origin=ORIGIN, now=after)


def test_keys_are_forgotten_a_year_after_their_end(store: Store) -> None:
    user_id = store.new_account()["id"]
    store.new_key(user_id)
    revoked = store.new_key(user_id)
    store.revoke_key(revoked["key"])
    assert store.read(apikeys.ended, NOW + apikeys.KEPT) == ([], None)
    ended = store.read(apikeys.ended, NOW + apikeys.KEPT + timedelta(minutes=1))
    assert ended == ([revoked["id"]], None)
    store.write(apikeys.prune, ended[0])
    assert store.read(apikeys.find_status, revoked["key"]) is None
    assert len(store.read(apikeys.list_of, user_id)) == 1
    assert len(store.read(apikeys.ended, NOW + apikeys.KEPT + timedelta(hours=2))[0]) == 1


def test_keys_are_looked_at_in_slices_until_they_are_young(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    user_id = store.new_account()["id"]
    ids = [store.new_key(user_id)["id"] for _ in range(5)]
    slices = apikeys._oldest.limit(2)
    monkeypatch.setattr(apikeys, "_oldest", slices)
    monkeypatch.setattr(apikeys, "SLICE", 2)
    assert store.read(apikeys.ended, NOW) == ([], None)
    later = NOW + apikeys.KEPT + timedelta(hours=2)
    assert store.read(apikeys.ended, later) == (ids[:2], ids[1])
    assert store.read(apikeys.ended, later, ids[3]) == (ids[4:], None)


def test_keys_revoked_together_are_each_recorded_and_listed_in_one_mail_up_to_a_limit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation, "MOST_RECORDED", 3)
    monkeypatch.setattr(revocation, "MOST_NAMED", 2)
    user_id = store.new_account()["id"]
    for number in range(5):
        store.new_key(user_id, name=f"key {number}")
    store.write(revocation.revoke_all, user_id, by=revocation.ROLE, origin=Origin(STAFF), now=NOW)
    found = [
        row for row in store.read(security_log.page, user_id, limit=100) if row["event"] == security_log.KEY_REVOKED
    ]
    assert [row["details"].get("more") for row in found] == [2, None, None, None]
    assert {row["by"] for row in found} == {STAFF}
    claimed = store.write(mails.claim, now=NOW)
    assert claimed is not None
    mail = store.read(mails.find, claimed)
    assert (mail["letter"]["kind"], mail["letter"]["values"]["keys"]) == ("keyswithdrawn", "key 0, key 1 (+ 3)")


def test_a_list_holds_ones_own_keys_oldest_first(store: Store) -> None:
    alice, bob = store.new_account()["id"], store.new_account()["id"]
    keys = [store.new_key(alice, name=f"key {number}") for number in range(3)]
    store.new_key(bob)
    assert list(store.read(apikeys.list_of, alice)) == keys
