"""What each account stores, as it is counted, and the quota that it may not exceed."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, func, select
from sqlalchemy.util import await_only

import storage
from core.errors import StorageFull
from storage import accounts, bookmarks, migrate, patterns, sets, storage_use, suggestions
from storage.records import OwnedRecords
from storage.schema.encryption import Encrypted
from storage.schema.tables import metadata
from storage.storage_use import NOTHING, Storage
from tests.storage.store import NOW, Store, edit, new_set
from tests.storage.test_migrations import on_database, step_back

COUNTED = [metadata.tables[name] for name in ("sets", "patterns", "bookmarks", "suggestions")]
FEW = Storage(3, 1_000_000)


def _stored(connection: Connection, user_id: int) -> Storage:
    """What the tables hold of the account."""
    records = size = 0
    for table in COUNTED:
        columns = [column for column in table.c if isinstance(column.type, Encrypted)]
        lengths: Any = sum(func.length(column) for column in columns)
        of_account = select(func.count(), func.coalesce(func.sum(lengths), 0)).where(table.c.user_id == user_id)
        found = connection.execute(of_account).one()
        records, size = records + found[0], size + int(found[1])
    return Storage(records, size)


def _suggest(store: Store, user_id: int) -> Any:
    return store.write(suggestions.create, user_id=user_id, kind="set", img="x", data={"name": "x"}, now=NOW)


def test_whatever_is_added_changed_or_removed_is_counted(store: Store) -> None:
    user_id, other = store.new_account()["id"], store.new_account()["id"]
    assert store.read(storage_use.find, user_id) == NOTHING
    first, kept = store.new_set(user_id), store.new_set(other)
    pattern, bookmark, _ = store.new_pattern(user_id), store.new_bookmark(user_id), _suggest(store, user_id)
    steps: list[Callable[[Connection], Any]] = [
        partial(edit, noun=sets, record_id=first["id"], notes="x" * 500, measies={}, now=NOW),
        partial(edit, noun=patterns, record_id=pattern["id"], data={"x": "y" * 900}, now=NOW),
        partial(edit, noun=bookmarks, record_id=bookmark["id"], title="", now=NOW),
        partial(sets.remove, record=first),
        partial(suggestions.withdraw, user_id=user_id),
    ]
    for step in steps:
        before = store.read(storage_use.find, user_id)
        store.write(step)
        after = store.read(storage_use.find, user_id)
        assert after != before and after == store.read(_stored, user_id)
    assert store.read(storage_use.find, user_id).records == 2
    store.write(accounts.remove, user_id)
    assert store.count(metadata.tables["storage_use"]) == 1
    assert store.read(storage_use.find, other) == store.read(_stored, other) != NOTHING
    assert store.read(sets.find, kept["id"]) == kept


def test_every_module_with_owned_records_is_counted() -> None:
    modules = {module.name for module in iter_modules(storage.__path__)}
    owned = {name for name in modules if isinstance(getattr(_module(name), "records", None), OwnedRecords)}
    assert owned and not owned - {table.name for table in COUNTED}, "add the table to COUNTED"


def _module(name: str) -> Any:
    return import_module(f"storage.{name}")


@pytest.mark.parametrize("table", COUNTED, ids=lambda table: table.name)
def test_each_counted_table_has_its_triggers(store: Store, table: Table) -> None:
    user_id = store.new_account()["id"]
    store.new_row(table, user_id=user_id)
    assert store.read(storage_use.find, user_id) == store.read(_stored, user_id) != NOTHING
    store.write(lambda connection: connection.execute(delete(table).where(table.c.user_id == user_id)))
    assert store.read(storage_use.find, user_id) == NOTHING


def test_a_record_over_the_quota_of_records_is_not_written(store: Store) -> None:
    user_id = store.new_account()["id"]
    for create in (store.new_set, store.new_pattern, store.new_bookmark):
        create(user_id, most=FEW)
    for create in (store.new_set, store.new_pattern, store.new_bookmark):
        with pytest.raises(StorageFull) as failure:
            create(user_id, most=FEW)
        assert (failure.value.use, failure.value.most) == (store.read(_stored, user_id), FEW)
    assert store.read(storage_use.find, user_id).records == 3


def test_a_record_over_the_quota_of_bytes_is_not_written(store: Store) -> None:
    user_id = store.new_account()["id"]
    most = Storage(100, 10_000)
    made = store.new_set(user_id, notes="x" * 8_000, most=most)
    with pytest.raises(StorageFull):
        store.new_set(user_id, notes="x" * 2_000, most=most)
    edited = partial(edit, noun=sets, record_id=made["id"], measies={}, now=NOW, most=most)
    with pytest.raises(StorageFull):
        store.write(partial(edited, notes="x" * 10_000))
    assert store.read(sets.find, made["id"]) == made
    store.write(partial(edited, notes="x" * 9_000))
    # A quota that was lowered: the record may become smaller only.
    lowered = partial(edited, most=Storage(0, 1_000))
    with pytest.raises(StorageFull):
        store.write(partial(lowered, notes="x" * 9_001))
    store.write(partial(lowered, notes="x" * 8_999))


def test_of_many_at_once_only_so_many_are_written_as_the_quota_has(store: Store) -> None:
    user_id = store.new_account()["id"]
    outcomes = store.write_at_once(*[partial(new_set, user_id=user_id, most=FEW)] * 8)
    assert sum(isinstance(outcome, StorageFull) for outcome in outcomes) == 5
    assert store.read(storage_use.find, user_id) == store.read(_stored, user_id)
    assert store.read(storage_use.find, user_id).records == 3


def test_writes_of_one_account_do_not_wait_for_each_other(postgresql_store: Store) -> None:
    store = postgresql_store
    user_id = store.new_account()["id"]

    def write_and_meanwhile_another(connection: Connection) -> None:
        made = new_set(connection, user_id)
        sets.edit(connection, sets.lock(connection, made["id"]), measies={"chest": 900}, now=NOW)
        await_only(store.storage.write(new_set, user_id))

    store.write(write_and_meanwhile_another)
    assert store.read(storage_use.find, user_id) == store.read(_stored, user_id)
    assert store.read(storage_use.find, user_id).records == 2


def test_far_from_its_quota_an_account_is_not_looked_at_twice(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    user_id = store.new_account()["id"]
    monkeypatch.delattr(storage_use, "find")
    store.new_set(user_id, most=Storage(10_000, 200_000_000))


def test_the_migration_counts_existing_records(store: Store) -> None:
    user_id = store.new_account()["id"]
    store.new_set(user_id)
    store.new_pattern(user_id)
    store.disconnect()
    on_database(store.url, step_back("0011"))
    migrate.upgrade(store.url)
    store.connect()
    assert store.read(storage_use.find, user_id) == store.read(_stored, user_id) != NOTHING
