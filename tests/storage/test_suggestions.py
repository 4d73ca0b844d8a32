"""Suggestions, as they are stored."""

from typing import Any
from uuid import uuid4

import pytest

from core.errors import NoSuchRecord
from storage import suggestions
from storage.schema.tables import Record
from tests.storage.store import NOW, Store


def _new(store: Store, user_id: int, kind: str = suggestions.SET, **fields: Any) -> Record:
    values = {"img": "x", "data": {"name": "a secret", "measies": {"chest": 900}}}
    return store.write(suggestions.create, user_id=user_id, kind=kind, now=NOW, **{**values, **fields})


def test_creation_returns_the_stored_suggestion_and_encrypts_it(store: Store) -> None:
    made = _new(store, store.new_account()["id"])
    assert list(store.read(suggestions.list_all, suggestions.SET)) == [made]
    assert b"secret" not in bytes(store.sql("SELECT data FROM suggestions")[0][0])


def test_sets_and_packs_are_lists_of_their_own(store: Store) -> None:
    user_id = store.new_account()["id"]
    one, pack, other = (_new(store, user_id, kind) for kind in ("set", "pack", "set"))
    assert list(store.read(suggestions.list_all, suggestions.SET)) == [one, other]
    assert list(store.read(suggestions.list_all, suggestions.SET, limit=1, after=one["id"])) == [other]
    assert list(store.read(suggestions.list_all, suggestions.PACK)) == [pack]
    assert list(store.read(suggestions.list_of, user_id, suggestions.SET)) == [one, other]


def test_of_concurrent_decisions_on_a_suggestion_one_succeeds(store: Store) -> None:
    made = _new(store, store.new_account()["id"])
    outcomes = store.write_at_once(*[lambda c: suggestions.take(c, suggestions.SET, made["uuid"])] * 5)
    assert [outcome for outcome in outcomes if not isinstance(outcome, NoSuchRecord)] == [made]
    assert len(outcomes) == 5


@pytest.mark.parametrize("kind", [suggestions.SET, suggestions.PACK])
def test_an_unknown_suggestion_or_one_of_another_kind_cannot_be_taken(store: Store, kind: str) -> None:
    _new(store, store.new_account()["id"], kind)
    other = {suggestions.SET: suggestions.PACK, suggestions.PACK: suggestions.SET}[kind]
    made = _new(store, store.new_account()["id"], other)
    for unknown in (uuid4(), made["uuid"]):
        with pytest.raises(NoSuchRecord):
            store.write(suggestions.take, kind, unknown)


def test_withdrawing_the_suggestions_of_an_account_returns_the_names_of_their_images(store: Store) -> None:
    alice, bob = store.new_account()["id"], store.new_account()["id"]
    kept = _new(store, bob)
    for name in ("one", "two"):
        _new(store, alice, img=name)
    assert sorted(store.write(suggestions.withdraw, alice)) == ["one", "two"]
    assert list(store.read(suggestions.list_all, suggestions.SET)) == [kept]
