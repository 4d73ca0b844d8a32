"""Curated sets, as they are stored."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from core.errors import NoSuchRecord
from storage import curated_sets
from storage.schema.tables import Record
from tests.storage.store import NOW, Store

LATER = NOW + timedelta(hours=1)
ENGLISH = {"en": {"name": "Size 1", "notes": "n", "tags": ["a"]}}


def _new(store: Store, **fields: Any) -> Record:
    values = {"published": True, "height": None, "img": "x", "measies": {"chest": 900}, "texts": ENGLISH}
    return store.write(curated_sets.create, now=NOW, **{**values, **fields})


def _edit(store: Store, set_id: int, **changes: Any) -> Record:
    return store.edit(curated_sets, set_id, **{"measies": {}, "texts": {}, "now": LATER, **changes})


def test_creation_returns_the_stored_record(store: Store) -> None:
    made = _new(store, height=172, measies={"chest": 920.5}, texts={"uk": {"name": "Розмір"}})
    assert store.read(curated_sets.find, made["id"]) == made
    assert store.read(curated_sets.find, made["uuid"]) == made


def test_an_unknown_set_is_no_such_record(store: Store) -> None:
    for unknown in (999_999, uuid4()):
        with pytest.raises(NoSuchRecord):
            store.read(curated_sets.find, unknown)
    with pytest.raises(NoSuchRecord):
        _edit(store, 999_999)


def test_an_edit_merges_texts_and_measurements(store: Store) -> None:
    made = _new(store, measies={"chest": 900, "waist": 700})
    changed = _edit(
        store,
        made["id"],
        published=False,
        measies={"waist": None, "hips": 950},
        texts={"en": {"notes": ""}, "de": {"name": "Größe 1"}},
    )
    assert changed["texts"] == {"en": {"name": "Size 1", "notes": "", "tags": ["a"]}, "de": {"name": "Größe 1"}}
    assert (changed["measies"], changed["published"]) == ({"chest": 900, "hips": 950}, False)
    assert store.read(curated_sets.find, made["id"]) == changed


def test_a_list_holds_published_or_all_records_in_the_order_of_their_numbers(store: Store) -> None:
    made = [_new(store, published=number != 1) for number in range(4)]
    assert list(store.read(curated_sets.list_all)) == [made[0], made[2], made[3]]
    assert list(store.read(curated_sets.list_all, unpublished=True)) == made
    assert list(store.read(curated_sets.list_all, limit=1, after=made[0]["id"])) == [made[2]]


def test_a_set_can_be_removed_once(store: Store) -> None:
    made = _new(store)
    store.write(curated_sets.remove, made)
    with pytest.raises(NoSuchRecord):
        store.write(curated_sets.remove, made)
