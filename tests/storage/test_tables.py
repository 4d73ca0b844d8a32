"""What the tables promise by themselves: whose rows go with whom, and numbers that never come back."""

from typing import Any

import pytest
from sqlalchemy import Table

from core.errors import ConcurrentDeletion
from storage import accounts
from storage.schema.tables import metadata
from tests.counting import count_accounts
from tests.storage.store import Store

OWNED = [table for table in metadata.sorted_tables if "user_id" in table.columns]
NUMBERED = [table for table in metadata.sorted_tables if "id" in table.c and table.c.id.type.python_type is int]


def _fill(store: Store) -> int:
    """An account with a row of its own in every table that has owners, and a row in every other."""
    user_id = int(store.new_account()["id"])
    for table in metadata.sorted_tables:
        # Triggers fill `storage_use`.
        if table.name not in ("accounts", "storage_use"):
            owner: dict[str, Any] = {"user_id": user_id} if table in OWNED else {}
            store.new_row(table, **owner)
    return user_id


def _owners(store: Store) -> dict[str, list[int]]:
    """Whose rows each table holds."""
    return {
        table.name: [row[0] for row in store.sql(f"SELECT user_id FROM {table.name} ORDER BY 1")] for table in OWNED
    }


def test_with_an_account_goes_all_that_it_owns_and_nothing_else(store: Store) -> None:
    gone, kept = _fill(store), _fill(store)
    assert _owners(store) == {table.name: [gone, kept] for table in OWNED}, "fill every table that has owners"
    store.write(accounts.remove, gone)
    assert _owners(store) == {table.name: [kept] for table in OWNED}
    assert store.read(count_accounts) == 1


def test_what_refers_to_an_account_goes_with_it_by_the_databases_own_rule() -> None:
    rules = {key.ondelete for table in metadata.sorted_tables for key in table.foreign_keys}
    assert rules <= {"CASCADE", "SET NULL"}
    assert all({key.ondelete for key in table.c.user_id.foreign_keys} == {"CASCADE"} for table in OWNED)


@pytest.mark.parametrize("table", OWNED, ids=lambda table: str(table.name))
def test_every_row_belongs_to_an_existing_account(store: Store, table: Table) -> None:
    with pytest.raises(ConcurrentDeletion):
        store.new_row(table, user_id=999_999)


def test_the_number_of_a_removed_account_never_becomes_anothers(store: Store) -> None:
    seen: set[int] = set()
    for _ in range(5):
        user_id = store.new_account("alice@example.org")["id"]
        assert user_id not in seen
        seen.add(user_id)
        store.write(accounts.remove, user_id)
        store.connect()


@pytest.mark.parametrize("table", NUMBERED, ids=lambda table: str(table.name))
def test_no_number_of_a_removed_row_is_given_again(store: Store, table: Table) -> None:
    highest = f"SELECT max(id) FROM {table.name}"
    _fill(store)
    before = store.sql(highest)[0][0]
    store.clear()
    _fill(store)
    assert store.sql(highest)[0][0] > before
