"""Option packs, as they are stored."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from core.errors import NoSuchRecord
from storage import option_packs
from storage.schema.tables import Record
from tests.storage.store import NOW, Store

LATER = NOW + timedelta(hours=1)


def _new(store: Store, **fields: Any) -> Record:
    values = {"design": "aaron", "img": "x", "options": {"a": [1.0, None]}, "texts": {"en": {"name": "Loose"}}}
    return store.write(option_packs.create, now=NOW, **{**values, **fields})


def test_creation_returns_the_stored_record(store: Store) -> None:
    made = _new(store)
    assert store.read(option_packs.find, made["id"]) == made
    assert store.read(option_packs.find, made["uuid"]) == made


def test_an_unknown_pack_is_no_such_record(store: Store) -> None:
    for unknown in (999_999, uuid4()):
        with pytest.raises(NoSuchRecord):
            store.read(option_packs.find, unknown)
    with pytest.raises(NoSuchRecord):
        store.edit(option_packs, 999_999, texts={}, now=LATER)


def test_an_edit_replaces_options_and_merges_texts(store: Store) -> None:
    made = _new(store)
    texts = {"nl": {"name": "Wijd"}}
    changed = store.edit(option_packs, made["id"], options={"b": {}}, texts=texts, now=LATER)
    assert changed == {**made, "options": {"b": {}}, "texts": {**made["texts"], **texts}, "updated_at": LATER}
    assert store.read(option_packs.find, made["id"]) == changed


def test_a_list_holds_all_packs_or_those_of_a_design(store: Store) -> None:
    made = [_new(store, design=design) for design in ("aaron", "brian", "aaron")]
    assert list(store.read(option_packs.list_all)) == made
    assert list(store.read(option_packs.list_all, design="aaron")) == [made[0], made[2]]
    assert list(store.read(option_packs.list_all, design="Aaron")) == []
    assert list(store.read(option_packs.list_all, limit=1, after=made[0]["id"])) == [made[1]]
    assert list(store.read(option_packs.list_all, design="aaron", limit=1, after=made[0]["id"])) == [made[2]]


def test_a_pack_can_be_removed_once(store: Store) -> None:
    made = _new(store)
    store.write(option_packs.remove, made)
    with pytest.raises(NoSuchRecord):
        store.write(option_packs.remove, made)
