"""Measurement sets, as they are stored."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from core.errors import NoSuchRecord
from storage import sets
from tests.storage.store import NOW, Store

LATER = NOW + timedelta(hours=1)


def _edit(store: Store, set_id: int, measies: dict[str, float | None] | None = None, **fields: Any) -> Any:
    return store.edit(sets, set_id, measies=measies or {}, now=LATER, **fields)


def test_creation_returns_the_stored_record(store: Store) -> None:
    user_id = store.new_account()["id"]
    made = store.new_set(user_id, name="Ünïcødé 🧵", notes="", measies={"chest": 920.5, "waist": 700}, public=True)
    assert store.read(sets.find, made["id"]) == made
    assert store.read(sets.find, made["uuid"]) == made
    assert (made["user_id"], made["measies"]) == (user_id, {"chest": 920.5, "waist": 700})
    assert (made["created_at"], made["updated_at"]) == (NOW, NOW)


def test_an_unknown_set_is_no_such_record(store: Store) -> None:
    for unknown in (999_999, uuid4()):
        with pytest.raises(NoSuchRecord):
            store.read(sets.find, unknown)
    with pytest.raises(NoSuchRecord):
        _edit(store, 999_999, name="x")


def test_an_edit_returns_the_stored_record(store: Store) -> None:
    made = store.new_set(store.new_account()["id"])
    changed = _edit(store, made["id"], {"waist": 700}, name="new", imperial=True)
    expected = {"name": "new", "imperial": True, "measies": {"chest": 900, "waist": 700}, "updated_at": LATER}
    assert changed == {**made, **expected}
    assert store.read(sets.find, made["id"]) == changed


def test_measurements_are_merged_and_none_clears_one(store: Store) -> None:
    set_id = store.new_set(store.new_account()["id"], measies={"chest": 900, "waist": 700})["id"]
    assert _edit(store, set_id, {"chest": None, "hips": None, "neck": 380.25})["measies"] == {
        "waist": 700,
        "neck": 380.25,
    }
    assert _edit(store, set_id, {"waist": None, "neck": None})["measies"] == {}
    assert store.read(sets.find, set_id)["measies"] == {}


def test_an_edit_leaves_other_sets_alone(store: Store) -> None:
    user_id = store.new_account()["id"]
    one, other = store.new_set(user_id), store.new_set(user_id)
    _edit(store, one["id"], {"chest": 1}, name="changed")
    assert store.read(sets.find, other["id"]) == other


def test_a_list_holds_ones_own_sets_oldest_first(store: Store) -> None:
    alice, bob = store.new_account()["id"], store.new_account()["id"]
    mine = [store.new_set(alice, name=str(number)) for number in range(3)]
    store.new_set(bob)
    assert list(store.read(sets.list_of, alice)) == mine


def test_a_set_can_be_removed_once(store: Store) -> None:
    user_id = store.new_account()["id"]
    gone, kept = store.new_set(user_id), store.new_set(user_id)
    store.write(sets.remove, gone)
    with pytest.raises(NoSuchRecord):
        store.write(sets.remove, gone)
    assert list(store.read(sets.list_of, user_id)) == [kept]
