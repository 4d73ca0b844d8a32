"""Patterns, as they are stored, with the sets that they were drafted from."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from core.errors import NoSuchRecord
from storage import curated_sets as csets
from storage import patterns, sets
from storage.schema.tables import Record, curated_sets
from tests.storage.store import NOW, Store

LATER = NOW + timedelta(hours=1)


def _new_cset(store: Store) -> Record:
    uuid = uuid4()
    store.new_row(curated_sets, uuid=uuid, measies={"chest": 800}, texts={"en": {"name": "Size 32"}})
    return store.read(csets.find, uuid)


def _as_stored(store: Store, made: Record) -> Record:
    """A new pattern as it is read: with its owner's uuid."""
    return {**made, "user_uuid": _owner(store, made)}


def _owner(store: Store, made: Record) -> UUID:
    value = store.sql("SELECT uuid FROM accounts WHERE id = :id", id=made["user_id"])[0][0]
    return value if isinstance(value, UUID) else UUID(str(value))


def test_creation_returns_the_stored_record(store: Store) -> None:
    user_id = store.new_account()["id"]
    drafted_from = store.read(sets.find, store.new_set(user_id)["id"])
    free = {"b": [1.5, None, {"": {"ü 🧵": "\0"}}], "a": 2**64 - 1, "": -(2**63)}
    made = store.new_pattern(user_id, settings=free, data=free, cset=_new_cset(store), set=drafted_from)
    assert made["set_id"] == drafted_from["id"]
    for pattern_id in (made["id"], made["uuid"]):
        found = store.read(patterns.find, pattern_id)
        assert {**found, "set": None} == {**_as_stored(store, made), "set": None}
        assert {name: found["set"][name] for name in drafted_from} == dict(drafted_from)
        assert found["set"]["user_uuid"] == found["user_uuid"]
        assert list(found["settings"]) == ["b", "a", ""]


def test_personal_data_is_encrypted(store: Store) -> None:
    store.new_pattern(store.new_account()["id"], **dict.fromkeys(("name", "notes", "img"), "canary"))
    row = store.sql("SELECT name, notes, img, data, settings FROM patterns")[0]
    assert not any(b"canary" in bytes(value) or b'"sa"' in bytes(value) for value in row)


def test_an_edit_changes_one_pattern(store: Store) -> None:
    user_id = store.new_account()["id"]
    one, other = (_as_stored(store, store.new_pattern(user_id)) for _ in range(2))
    changed = store.edit(patterns, one["id"], settings={"sa": 0}, now=LATER)
    assert changed == {**one, "settings": {"sa": 0}, "updated_at": LATER}
    assert list(store.read(patterns.list_of, user_id)) == [changed, other]


def test_a_list_is_read_in_pages_of_ones_own_oldest_first(store: Store) -> None:
    alice, bob = store.new_account()["id"], store.new_account()["id"]
    mine = [_as_stored(store, store.new_pattern(alice)) for _ in range(3)]
    store.new_pattern(bob)
    assert list(store.read(patterns.list_of, alice)) == mine
    assert list(store.read(patterns.list_of, alice, limit=1, after=mine[0]["id"])) == mine[1:2]
    assert list(store.read(patterns.list_of, alice, after=mine[2]["id"])) == []


def test_a_pattern_outlives_the_sets_that_it_was_drafted_from(store: Store) -> None:
    user_id = store.new_account()["id"]
    drafted_from, cset = store.new_set(user_id), _new_cset(store)
    made = store.new_pattern(user_id, set=drafted_from, cset=cset)
    store.write(sets.remove, drafted_from)
    store.write(lambda connection: connection.execute(curated_sets.delete()))
    found = store.read(patterns.find, made["id"])
    assert [found[name] for name in ("set", "set_id", "cset", "cset_id")] == [None] * 4


def test_a_pattern_can_be_removed_once(store: Store) -> None:
    user_id = store.new_account()["id"]
    gone, kept = (_as_stored(store, store.new_pattern(user_id)) for _ in range(2))
    store.write(patterns.remove, gone)
    with pytest.raises(NoSuchRecord):
        store.write(patterns.remove, gone)
    assert list(store.read(patterns.list_of, user_id)) == [kept]


def test_an_unknown_record_raises_no_such_record(store: Store) -> None:
    for unknown in (999_999, uuid4()):
        with pytest.raises(NoSuchRecord):
            store.read(patterns.find, unknown)
    with pytest.raises(NoSuchRecord):
        store.edit(patterns, 999_999, name="x", now=LATER)


def test_a_list_holds_each_pattern_with_its_sets(store: Store) -> None:
    user_id = store.new_account()["id"]
    csets = [_new_cset(store) for _ in range(3)]
    made = [store.new_pattern(user_id, set=store.new_set(user_id), cset=csets[at % 3]) for at in range(9)]
    found = list(store.read(patterns.list_of, user_id))
    assert [(row["set"]["id"], row["cset"]["id"]) for row in found] == [
        (row["set_id"], row["cset_id"]) for row in made
    ]
