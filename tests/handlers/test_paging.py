"""Pages of lists: on which thread they are made."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import current_thread
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection

from handlers.support.paging import MOST, SMALL_BYTES, SMALL_ROWS, Listing, member, yaml_listing
from storage import sets
from storage.engines.slices import Slice
from storage.schema.tables import Record
from tests.service_container import services_on
from tests.storage.store import Store, sqlite_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Storage in this process."""
    with sqlite_store(tmp_path) as store:
        yield store


def test_a_large_page_and_every_page_of_yaml_are_made_off_the_event_loop(store: Store) -> None:
    small, large = store.new_account()["id"], store.new_account()["id"]
    store.new_set(small)
    store.new_set(large, notes="x" * SMALL_BYTES)
    threads: list[str] = []

    def serialized(row: Record) -> dict[str, Any]:
        threads.append(current_thread().name)
        return {"id": row["id"]}

    def on_the_loop(listing: Listing, user_id: int) -> bool:
        store.run(listing.page(services_on(store.storage), None, None, sets.list_of, user_id))
        return threads.pop() == current_thread().name

    listing, in_yaml = Listing("/sets", serialized, member("sets")), yaml_listing("/sets.yaml", serialized)
    assert on_the_loop(listing, small)
    assert not on_the_loop(listing, large)
    assert not on_the_loop(in_yaml, small)


def test_the_event_loop_reads_no_more_rows_than_a_small_page_can_have(store: Store) -> None:
    few, many = store.new_account()["id"], store.new_account()["id"]
    for _ in range(SMALL_ROWS + 1):
        store.new_set(many)
    store.new_set(few)
    asked: list[int] = []

    def read(connection: Connection, user_id: int, **part: int) -> Slice:
        asked.append(part["limit"])
        return sets.list_of(connection, user_id, **part)

    listing = Listing("/sets", lambda row: row["id"], member("sets"))
    for user_id, number in ((few, 1), (many, SMALL_ROWS + 1)):
        page = store.run(listing.page(services_on(store.storage), None, None, read, user_id))
        assert len(orjson.loads(page.body)["sets"]) == number
    assert asked == [SMALL_ROWS, SMALL_ROWS, MOST]


def test_a_list_of_which_a_large_page_is_made_is_not_looked_at_on_the_event_loop(store: Store) -> None:
    user_id = store.new_account()["id"]
    store.new_set(user_id, notes="x" * SMALL_BYTES)
    asked: list[int] = []

    def read(connection: Connection, user_id: int, **part: int) -> Slice:
        asked.append(part["limit"])
        return sets.list_of(connection, user_id, **part)

    async def twice() -> None:
        pages = (listing.page(services_on(store.storage), None, None, read, user_id) for _ in range(2))
        await asyncio.gather(*pages)

    listing = Listing("/sets", lambda row: row["id"], member("sets"))
    store.run(twice())
    assert asked == [SMALL_ROWS, MOST, MOST]
