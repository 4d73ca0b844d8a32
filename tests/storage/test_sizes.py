"""The sizes of a new installation."""

from typing import Any

from core.errors import AlreadyExists
from handlers.support.measurements import NAMES
from storage import curated_sets
from storage.schema import seed
from tests.storage.store import NOW, Store

FIELDS: dict[str, Any] = {"published": True, "height": None, "img": "x", "measies": {}, "texts": {}}


def test_there_are_ten_sizes_of_each_group_with_every_measurement_in_six_languages() -> None:
    found = seed.sizes()
    names = [size["texts"]["en"]["name"] for size in found]
    assert names[:10] == [f"Womenswear size {number}" for number in range(28, 48, 2)]
    assert names[10:] == [f"Menswear size {number}" for number in range(32, 52, 2)]
    for size in found:
        assert set(size["measies"]) == NAMES - {"waistToArmhole"}
        assert all(value > 0 for value in size["measies"].values())
        assert set(size["texts"]) == {"de", "en", "es", "fr", "nl", "uk"}
        assert all(text["name"] and text["notes"] and text["tags"] for text in size["texts"].values())
    assert len({size["texts"]["uk"]["name"] for size in found}) == 20
    assert all(size["measies"]["shoulderSlope"] == 13 for size in found)
    for name in ("chest", "waist", "inseam"):
        values = [size["measies"][name] for size in found]
        assert values == sorted(values[:10]) + sorted(values[10:])


def test_a_new_installation_gets_them_as_the_first_published_sets(store: Store) -> None:
    assert store.write(seed.seed, NOW) == 20
    found = list(store.read(curated_sets.list_all))
    assert [row["id"] for row in found] == list(range(1, 21))
    assert [(row["measies"], row["texts"]) for row in found] == [
        (size["measies"], size["texts"]) for size in seed.sizes()
    ]
    assert store.write(curated_sets.create, now=NOW, **FIELDS)["id"] > 20


def test_what_curators_changed_or_removed_stays_so(store: Store) -> None:
    store.write(seed.seed, NOW)
    store.edit(curated_sets, 1, height=170, measies={}, texts={}, now=NOW)
    store.write(curated_sets.remove, store.read(curated_sets.find, 2))
    before = list(store.read(curated_sets.list_all))
    assert store.write(seed.seed, NOW) == 0
    assert list(store.read(curated_sets.list_all)) == before
    for row in before:
        store.write(curated_sets.remove, row)
    assert store.write(seed.seed, NOW) == 0
    assert list(store.read(curated_sets.list_all)) == []


def test_an_installation_that_has_sets_of_its_own_gets_none(store: Store) -> None:
    own = store.write(curated_sets.create, now=NOW, **FIELDS)
    assert store.write(seed.seed, NOW) == 0
    store.write(curated_sets.remove, own)
    assert store.write(seed.seed, NOW) == 0


def test_two_processes_that_seed_at_once_put_them_in_once(store: Store) -> None:
    outcomes = store.write_at_once(*[lambda connection: seed.seed(connection, NOW)] * 3)
    assert sorted(outcome for outcome in outcomes if not isinstance(outcome, AlreadyExists))[-1] == 20
    assert len(store.read(curated_sets.list_all)) == 20
