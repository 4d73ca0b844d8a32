"""Counts of calls, added in batches."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Table, select, text

from storage import accounts, apikeys, usage
from storage.engines.driver_errors import is_of_schema
from storage.schema.fair_use import usage_anonymous, usage_days, usage_hours
from tests.storage.store import NOW, Store

LATER = NOW + timedelta(seconds=1)
HOUR = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = datetime(2026, 11, 20, tzinfo=UTC)


def add(
    store: Store,
    calls: Mapping[usage.Name, list[int]],
    seen: Mapping[tuple[int, int], datetime] | None = None,
    anonymous: Mapping[usage.AnonymousName, list[int]] | None = None,
) -> None:
    """Write a batch; all that is not given was seen just now."""
    last = {(name[0], name[2]): NOW for name in calls}
    store.write(usage.add, calls=calls, seen={**last, **(seen or {})}, anonymous=anonymous or {})


def rows(store: Store, table: Table) -> list[tuple[Any, ...]]:
    """What a table holds, in the order of its key."""
    query = select(table).order_by(*table.primary_key)
    return [tuple(row) for row in store.read(lambda connection: connection.execute(query).all())]


def test_a_batch_adds_to_stored_counts_and_sets_the_time_of_the_last_call(store: Store) -> None:
    alice, bob, carol = (store.new_account()["id"] for _ in range(3))
    key, other = store.new_key(alice), store.new_key(alice)
    by_key = {(alice, HOUR, key["id"], "read_set", 2): [3, 30, 300]}
    by_token = {(bob, HOUR, 0, "list_sets", 2): [1, 1, 1], (alice, HOUR, 0, "list_sets", 4): [2, 20, 200]}
    add(store, {**by_token, **by_key})
    add(store, {(alice, HOUR, 0, "list_sets", 4): [10, 1, 2]}, {(alice, 0): LATER})
    counted = [store.read(accounts.find, user_id) for user_id in (alice, bob, carol)]
    assert [(row["jwt_calls"], row["key_calls"]) for row in counted] == [(12, 3), (1, 0), (0, 0)]
    assert [row["last_seen"] for row in counted] == [LATER, NOW, None]
    assert [store.read(apikeys.find, one["key"])["calls"] for one in (key, other)] == [3, 0]
    assert store.read(apikeys.find, key["key"])["last_seen"] == NOW
    assert rows(store, usage_hours) == [
        (alice, HOUR, 0, "list_sets", 4, 12, 21, 202),
        (alice, HOUR, key["id"], "read_set", 2, 3, 30, 300),
        (bob, HOUR, 0, "list_sets", 2, 1, 1, 1),
    ]


def test_the_hours_of_a_day_are_added_up(store: Store) -> None:
    user_id = store.new_account()["id"]
    moments = [HOUR, HOUR - timedelta(hours=12), HOUR + timedelta(hours=11), HOUR + timedelta(hours=12)]
    for calls in ({(user_id, moment, 0, "x", 2): [1, 10, 100] for moment in moments}, {}):
        add(store, calls)
    assert len(rows(store, usage_hours)) == 4
    assert rows(store, usage_days) == [
        (user_id, DAY, 0, "x", 2, 3, 30, 300),
        (user_id, DAY + timedelta(days=1), 0, "x", 2, 1, 10, 100),
    ]


def test_anonymous_calls_are_kept_by_network(store: Store) -> None:
    for _ in range(2):
        add(store, {}, anonymous={(DAY, "192.0.2.0/24", 2): [1, 2, 3], (DAY, "other", 4): [4, 5, 6]})
    assert rows(store, usage_anonymous) == [(DAY, "192.0.2.0/24", 2, 2, 4, 6), (DAY, "other", 4, 8, 10, 12)]


def test_counts_of_deleted_accounts_are_dropped_and_others_kept(store: Store) -> None:
    user_id, removed = store.new_account()["id"], store.new_account()["id"]
    key_id = store.new_key(removed)["id"]
    calls = {
        (removed, HOUR, key_id, "x", 2): [1, 1, 1],
        (999_999, HOUR, 0, "x", 2): [1, 1, 1],
        (user_id, HOUR, 0, "x", 2): [1, 1, 1],
    }
    add(store, {name: amounts for name, amounts in calls.items() if name[0] == removed})
    store.write(accounts.remove, removed)
    assert rows(store, usage_hours) == []
    add(store, calls)
    assert store.read(accounts.find, user_id)["jwt_calls"] == 1
    for table, moment in ((usage_hours, HOUR), (usage_days, DAY)):
        assert rows(store, table) == [(user_id, moment, 0, "x", 2, 1, 1, 1)]


def test_an_account_that_is_removed_at_the_same_moment_makes_no_batch_fail(store: Store) -> None:
    for _ in range(5):
        stays, goes = store.new_account()["id"], store.new_account()["id"]
        calls = {(user_id, HOUR, 0, f"operation_{n}", 2): [1, 1, 1] for user_id in (stays, goes) for n in range(20)}
        adding = partial(usage.add, calls=calls, seen={(stays, 0): NOW, (goes, 0): NOW}, anonymous={})
        assert store.write_at_once(adding, partial(accounts.remove, user_id=goes), adding) == [None] * 3
        assert {row[0] for row in rows(store, usage_hours)} == {stays}
        assert sum(row[5] for row in rows(store, usage_hours)) == 40
        store.clear()


def test_a_very_great_batch_is_written_too(store: Store) -> None:
    user_id = store.new_account()["id"]
    calls = {(number, HOUR, 0, "x", 2): [1, 1, 1] for number in [user_id, *range(10**6, 10**6 + 2 * usage.TOGETHER)]}
    add(store, calls)
    assert rows(store, usage_hours) == [(user_id, HOUR, 0, "x", 2, 1, 1, 1)]


def test_counting_changes_nothing_else(store: Store) -> None:
    made = store.new_account()
    add(store, {(made["id"], HOUR, 0, "x", 2): [1, 1, 1]}, {(made["id"], 0): LATER})
    assert store.read(accounts.find, made["id"]) == {**made, "jwt_calls": 1, "last_seen": LATER}


def test_an_empty_batch_does_nothing(store: Store) -> None:
    add(store, {})


def test_instances_that_write_the_same_rows_at_once_lose_nothing_and_do_not_wait_for_each_other(
    postgresql_store: Store,
) -> None:
    store = postgresql_store
    people = [store.new_account()["id"] for _ in range(5)]
    keys = {user_id: store.new_key(user_id)["id"] for user_id in people}
    names = [(one, HOUR, key, f"o{n}", 2) for one in people for key in (0, keys[one]) for n in range(5)]
    networks = [(DAY, f"192.0.{n}.0/24", 2) for n in range(5)]
    batches = []
    for number in range(24):
        # Each counted in an order of its own.
        turned = names[number:] + names[:number] if number % 2 else names[::-1]
        seen = {(name[0], name[2]): NOW for name in turned}
        anonymous = dict.fromkeys(networks if number % 2 else networks[::-1], (1, 2, 3))
        calls = dict.fromkeys(turned, (1, 10, 100))
        batches.append(partial(usage.add, calls=calls, seen=seen, anonymous=anonymous))
    assert store.write_at_once(*batches) == [None] * 24
    for table, moment in ((usage_hours, HOUR), (usage_days, DAY)):
        assert rows(store, table) == [(one, moment, *rest, 24, 240, 2400) for one, _, *rest in sorted(names)]
    assert rows(store, usage_anonymous) == [(*network, 24, 48, 72) for network in networks]
    for one in people:
        account = store.read(accounts.find, one)
        assert (account["jwt_calls"], account["key_calls"]) == (24 * 5, 24 * 5)


def test_an_invalid_value_is_distinguished_from_a_wrong_schema(store: Store) -> None:
    with pytest.raises(Exception) as value:  # each engine raises its own
        add(store, {(2**70, HOUR, 0, "x", 2): [1, 1, 1]})
    with pytest.raises(Exception) as schema:
        store.read(lambda connection: connection.execute(text("SELECT 1 FROM no_such_table")))
    assert (is_of_schema(value.value), is_of_schema(schema.value)) == (False, True)
