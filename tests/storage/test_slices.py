"""Slices of lists: where they end, what they tell, and on which thread they are decrypted."""

import asyncio
import re
from threading import current_thread

import orjson
import pytest

from core.clock import iso
from storage import patterns, sets
from storage.engines.slices import ROW_BYTES, Slice
from storage.schema.encryption import Undecryptable
from tests.storage.store import KEYS, Store

TEXT = "x" * 1_000


def _ids(found: Slice) -> list[int]:
    return [row["id"] for row in found]


def test_a_slice_ends_before_the_row_that_is_over_the_bound(store: Store) -> None:
    user_id = store.new_account()["id"]
    made = [store.new_set(user_id, notes=TEXT)["id"] for _ in range(5)]
    size = store.read(sets.list_of, user_id, limit=1).stored_bytes // 2
    assert len(TEXT) + ROW_BYTES < size < len(TEXT) + ROW_BYTES + 400
    found = store.read(sets.list_of, user_id, most_bytes=3 * size)
    assert (_ids(found), found.has_more) == (made[:3], True)
    rest = store.read(sets.list_of, user_id, after=made[2], most_bytes=3 * size)
    assert (_ids(rest), rest.has_more) == (made[3:], False)


def test_a_row_over_the_bound_is_a_slice_of_its_own(store: Store) -> None:
    user_id = store.new_account()["id"]
    made = [store.new_set(user_id, notes=TEXT)["id"] for _ in range(2)]
    found = store.read(sets.list_of, user_id, most_bytes=10)
    assert (_ids(found), found.has_more) == (made[:1], True)


def test_a_slice_ends_at_its_limit_of_rows(store: Store) -> None:
    user_id = store.new_account()["id"]
    made = [store.new_set(user_id)["id"] for _ in range(3)]
    assert [store.read(sets.list_of, user_id, limit=limit).has_more for limit in (2, 3, 4)] == [True, False, False]
    assert _ids(store.read(sets.list_of, user_id, limit=2)) == made[:2]


def test_the_sets_of_a_pattern_count_towards_its_size(store: Store) -> None:
    user_id = store.new_account()["id"]
    drafted_from = store.new_set(user_id, notes=50 * TEXT)
    made = [store.new_pattern(user_id, set=drafted_from)["id"] for _ in range(4)]
    assert _ids(store.read(patterns.list_of, user_id, most_bytes=110_000)) == made[:2]


def test_the_running_total_is_of_numbers_and_not_of_values() -> None:
    # SQLite reads all columns that the argument of a window function names: 0.3 s for 450 large patterns.
    text = str(patterns.records._list.statement.statement)
    assert re.findall(r"(\S+) OVER", text) == ["sum(sizes.size)"]


def test_encoded_rows_are_written_as_the_same_json(store: Store) -> None:
    user_id = store.new_account()["id"]
    store.new_pattern(user_id, set=store.new_set(user_id, measies={"chest": 912.5}), settings={"sa": [1, None]})
    found = store.read(patterns.list_of, user_id)
    (parsed,), (encoded,) = list(found), list(found.records(encoded=True))
    for raw, value in (
        (encoded["settings"], parsed["settings"]),
        (encoded["set"]["measies"], parsed["set"]["measies"]),
    ):
        assert isinstance(raw, orjson.Fragment) and orjson.dumps(raw) == orjson.dumps(value)
    for raw, value in ((encoded, parsed), (encoded["set"], parsed["set"])):
        assert iso(raw["created_at"]) == iso(value["created_at"])
        assert str(raw["uuid"]) == str(value["uuid"])


def test_rows_are_decrypted_only_on_iteration(store: Store) -> None:
    user_id = store.new_account()["id"]
    store.new_set(user_id)
    store.connect({"one": b"2" * 32})
    found = store.read(sets.list_of, user_id)
    assert len(found) == 1
    with pytest.raises(Undecryptable):
        next(iter(found))
    store.connect(KEYS)


def test_an_account_that_asks_for_a_list_many_times_is_not_served_before_others(store: Store) -> None:
    many, once = store.new_account()["id"], store.new_account()["id"]
    finished: list[int] = []

    async def read(user_id: int) -> None:
        await store.storage.read_large(_ids, sets.list_of, user_id)
        finished.append(user_id)

    async def read_all() -> None:
        await asyncio.gather(*(read(user_id) for user_id in [*[many] * 10, once]))

    store.run(read_all())
    # One is read already when the other account asks.
    assert finished.index(once) <= 1 and len(finished) == 11


def test_a_large_read_is_finished_on_another_thread(store: Store) -> None:
    user_id = store.new_account()["id"]
    made = store.new_set(user_id)["id"]

    def finish(found: Slice) -> tuple[list[int], str]:
        return _ids(found), current_thread().name

    ids, thread = store.run(store.storage.read_large(finish, sets.list_of, user_id))
    assert ids == [made] and thread != current_thread().name
