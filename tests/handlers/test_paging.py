"""Pages of lists: on which thread they are made."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import current_thread
from typing import Any

import pytest

from handlers.paging import SMALL_BYTES, Listing, member, yaml_listing
from storage import migrate, sets
from storage.tables import Record
from tests.storage.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Storage in this process."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate.upgrade(url)
    with asyncio.Runner() as runner:
        store = Store(url, runner)
        store.connect()
        yield store
        store.disconnect()


def test_a_large_page_and_every_page_of_yaml_are_made_off_the_event_loop(store: Store) -> None:
    small, large = store.new_account()["id"], store.new_account()["id"]
    store.new_set(small)
    store.new_set(large, notes="x" * SMALL_BYTES)
    threads: list[str] = []

    def serialized(row: Record) -> dict[str, Any]:
        threads.append(current_thread().name)
        return {"id": row["id"]}

    def on_the_loop(listing: Listing, user_id: int) -> bool:
        store.run(listing.page(None, None, sets.list_of, user_id))
        return threads.pop() == current_thread().name

    listing, in_yaml = Listing("/sets", serialized, member("sets")), yaml_listing("/sets.yaml", serialized)
    assert on_the_loop(listing, small)
    assert not on_the_loop(listing, large)
    assert not on_the_loop(in_yaml, small)
