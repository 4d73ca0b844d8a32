"""Counts of calls, added in batches."""

from datetime import timedelta
from uuid import uuid4

from storage import accounts, apikeys, usage
from tests.storage.store import NOW, Store

LATER = NOW + timedelta(seconds=1)


def test_a_batch_adds_to_what_is_there_and_remembers_the_last_call(store: Store) -> None:
    alice, bob, carol = (store.new_account()["id"] for _ in range(3))
    key, other = store.new_key(alice)["key"], store.new_key(alice)["key"]
    store.write(usage.add, by_account={bob: (0, 1, NOW), alice: (2, 3, NOW)}, by_key={key: (3, NOW)})
    store.write(usage.add, by_account={alice: (10, 0, LATER)}, by_key={})
    counted = [store.read(accounts.find, user_id) for user_id in (alice, bob, carol)]
    assert [(row["jwt_calls"], row["key_calls"]) for row in counted] == [(12, 3), (0, 1), (0, 0)]
    assert [row["last_seen"] for row in counted] == [LATER, NOW, None]
    assert [store.read(apikeys.find, one)["calls"] for one in (key, other)] == [3, 0]
    assert store.read(apikeys.find, key)["last_seen"] == NOW


def test_counts_of_who_was_removed_meanwhile_are_dropped_and_the_others_kept(store: Store) -> None:
    user_id = store.new_account()["id"]
    store.write(usage.add, by_account={999_999: (1, 1, NOW), user_id: (1, 0, NOW)}, by_key={uuid4(): (1, NOW)})
    assert store.read(accounts.find, user_id)["jwt_calls"] == 1


def test_counting_changes_nothing_else(store: Store) -> None:
    made = store.new_account()
    store.write(usage.add, by_account={made["id"]: (1, 0, LATER)}, by_key={})
    assert store.read(accounts.find, made["id"]) == {**made, "jwt_calls": 1, "last_seen": LATER}


def test_an_empty_batch_does_nothing(store: Store) -> None:
    store.write(usage.add, by_account={}, by_key={})
