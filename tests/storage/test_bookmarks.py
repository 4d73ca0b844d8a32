"""Bookmarks, as they are stored."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core.errors import NoSuchRecord
from storage import bookmarks
from tests.storage.store import NOW, Store

LATER = NOW + timedelta(hours=1)


def test_creation_returns_the_stored_record(store: Store) -> None:
    made = store.new_bookmark(store.new_account()["id"], type="set", title="Ünïcødé 🧵", url="/sets/1")
    assert store.read(bookmarks.find, made["id"]) == made
    assert store.read(bookmarks.find, made["uuid"]) == made
    assert (made["created_at"], made["updated_at"]) == (NOW, NOW)


def test_title_and_address_are_encrypted(store: Store) -> None:
    store.new_bookmark(store.new_account()["id"], title="a title", url="/an/address")
    row = store.sql("SELECT title, url FROM bookmarks")[0]
    assert b"a title" not in bytes(row[0])
    assert b"/an/address" not in bytes(row[1])


def test_an_edit_changes_one_bookmark_and_returns_the_stored_record(store: Store) -> None:
    user_id = store.new_account()["id"]
    one, other = store.new_bookmark(user_id), store.new_bookmark(user_id)
    changed = store.edit(bookmarks, one["id"], title="new", now=LATER)
    assert changed == {**one, "title": "new", "updated_at": LATER}
    assert list(store.read(bookmarks.list_of, user_id)) == [changed, other]


def test_a_list_is_read_in_pages_of_ones_own_oldest_first(store: Store) -> None:
    alice, bob = store.new_account()["id"], store.new_account()["id"]
    mine = [store.new_bookmark(alice) for _ in range(3)]
    store.new_bookmark(bob)
    assert list(store.read(bookmarks.list_of, alice)) == mine
    assert list(store.read(bookmarks.list_of, alice, limit=1, after=mine[0]["id"])) == mine[1:2]


def test_a_bookmark_can_be_removed_once(store: Store) -> None:
    user_id = store.new_account()["id"]
    gone, kept = store.new_bookmark(user_id), store.new_bookmark(user_id)
    store.write(bookmarks.remove, gone)
    with pytest.raises(NoSuchRecord):
        store.write(bookmarks.remove, gone)
    assert list(store.read(bookmarks.list_of, user_id)) == [kept]


def test_an_unknown_bookmark_is_no_such_record(store: Store) -> None:
    for unknown in (999_999, uuid4()):
        with pytest.raises(NoSuchRecord):
            store.read(bookmarks.find, unknown)
    with pytest.raises(NoSuchRecord):
        store.edit(bookmarks, 999_999, title="x", now=LATER)
