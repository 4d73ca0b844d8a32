"""API keys: what decides about them, and their revocation."""

from datetime import timedelta
from uuid import uuid4

import pytest

from errors import NoSuchRecord
from storage import accounts, apikeys
from tests.storage.store import NOW, Store


def test_a_key_is_stored_and_read_back(store: Store) -> None:
    user_id = store.new_account()["id"]
    made = store.new_key(user_id, name="Ünïcødé 🧵", level=3)
    assert (made["name"], made["level"], made["user_id"], made["calls"]) == ("Ünïcødé 🧵", 3, user_id, 0)
    assert (made["created_at"], made["expires_at"]) == (NOW, NOW + timedelta(hours=1))
    assert (made["revoked_at"], made["last_seen"]) == (None, None)
    assert store.read(apikeys.find, made["key"]) == made


def test_the_standing_holds_the_keys_own_and_its_owners(store: Store) -> None:
    account = store.new_account(role="admin", consent=2)
    user_id = account["id"]
    made = store.new_key(user_id, level=2, secret_hash="a" * 64)
    assert store.read(apikeys.find_standing, made["key"]) == apikeys.KeyStanding(
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
    )


def test_an_unknown_key_has_no_standing(store: Store) -> None:
    store.new_key(store.new_account()["id"])
    assert store.read(apikeys.find_standing, uuid4()) is None
    with pytest.raises(NoSuchRecord):
        store.read(apikeys.find, uuid4())


def test_a_revoked_key_is_gone_but_for_whoever_still_calls_with_it(store: Store) -> None:
    user_id = store.new_account()["id"]
    key, kept = store.new_key(user_id)["key"], store.new_key(user_id)
    store.write(apikeys.revoke, key, NOW)
    with pytest.raises(NoSuchRecord):
        store.read(apikeys.find, key)
    assert store.read(apikeys.list_of, user_id) == [kept]
    standing = store.read(apikeys.find_standing, key)
    assert standing is not None and standing.revoked_at == NOW


def test_a_key_is_revoked_once_and_keeps_its_first_time(store: Store) -> None:
    key = store.new_key(store.new_account()["id"])["key"]
    store.write(apikeys.revoke, key, NOW)
    with pytest.raises(NoSuchRecord):
        store.write(apikeys.revoke, key, NOW + timedelta(hours=1))
    with pytest.raises(NoSuchRecord):
        store.write(apikeys.revoke, uuid4(), NOW)
    standing = store.read(apikeys.find_standing, key)
    assert standing is not None and standing.revoked_at == NOW


def test_a_list_holds_ones_own_keys_oldest_first(store: Store) -> None:
    alice, bob = store.new_account()["id"], store.new_account()["id"]
    keys = [store.new_key(alice, name=f"key {number}") for number in range(3)]
    store.new_key(bob)
    assert store.read(apikeys.list_of, alice) == keys
