"""Whatever takes the name of an image out of a record schedules the removal of the image."""

from collections.abc import Callable
from typing import Any

import pytest

from storage import curated_sets, image_removals, option_packs, patterns, sets, suggestions
from storage.schema.tables import Record
from tests.storage.store import NOW, Store

CURATED: dict[str, Any] = {"published": True, "height": None, "measies": {}, "texts": {}}
PACK: dict[str, Any] = {"design": "aaron", "options": {}, "texts": {}}
SUGGESTION: dict[str, Any] = {"kind": suggestions.SET, "data": {}}
KINDS: dict[str, tuple[Any, Callable[[Store, int, str], Record], dict[str, Any]]] = {
    "set": (sets, lambda store, owner, img: store.new_set(owner, img=img), {"measies": {}}),
    "pattern": (patterns, lambda store, owner, img: store.new_pattern(owner, img=img), {}),
    "curated set": (
        curated_sets,
        lambda store, _owner, img: store.write(curated_sets.create, now=NOW, img=img, **CURATED),
        {"measies": {}, "texts": {}},
    ),
    "option pack": (
        option_packs,
        lambda store, _owner, img: store.write(option_packs.create, now=NOW, img=img, **PACK),
        {"texts": {}},
    ),
}


def scheduled(store: Store) -> list[str]:
    """The names of all images whose removal is scheduled."""
    return [row[0] for row in store.sql("SELECT name FROM image_removals ORDER BY id")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_that_gets_another_image_or_goes_leaves_none_behind(store: Store, kind: str) -> None:
    module, make, arguments = KINDS[kind]
    made = make(store, store.new_account()["id"], "first")
    store.edit(module, made["id"], now=NOW, **arguments)
    assert scheduled(store) == []
    for name in ("second", image_removals.NO_IMAGE, "third"):
        store.edit(module, made["id"], img=name, now=NOW, **arguments)
    assert scheduled(store) == ["first", "second"]
    store.write(lambda connection: module.remove(connection, module.lock(connection, made["id"])))
    assert scheduled(store) == ["first", "second", "third"]


def test_a_rejected_suggestion_leaves_no_image_behind_and_an_accepted_one_keeps_it(store: Store) -> None:
    owner = store.new_account()["id"]
    rejected, accepted = (
        store.write(suggestions.create, user_id=owner, now=NOW, img=name, **SUGGESTION) for name in ("one", "other")
    )
    store.write(suggestions.reject, suggestions.SET, rejected["uuid"])
    store.write(suggestions.take, suggestions.SET, accepted["uuid"])
    assert scheduled(store) == ["one"]
