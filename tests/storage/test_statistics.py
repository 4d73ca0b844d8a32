"""Statistics: counted in slices, exact at the end of a pass, without names of accounts that have no profile."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event

from storage import accounts, statistics
from storage.schema.tables import bookmarks, curated_sets, patterns
from storage.statistics import Totals, Work
from tests.storage.store import NOW, Store

LATER = NOW + timedelta(minutes=2)
HIDDEN: list[dict[str, Any]] = [{"consent": 0}, {"status": 0}, {"status": -1}, {"status": -2}, {"role": "blocked"}]
NOTHING = dict.fromkeys(("accounts", "patterns", "sets", "curated_sets", "bookmarks", "apikeys"), 0)


def claim(store: Store, now: datetime = NOW) -> Work | None:
    return store.write(statistics.claim, now=now, before=now - timedelta(minutes=1))


def passed(store: Store, *, rows: int = statistics.SLICE, now: datetime = NOW) -> Totals:
    """The totals after a first pass in slices of so many rows, or one more slice; all stored after each."""
    work = claim(store, now)
    assert work is not None
    while True:
        work = store.run(_advance(store, work, rows))
        store.write(statistics.keep, work, now=now)
        if work.is_complete:
            found = store.read(statistics.find)
            assert found is not None
            return found


async def _advance(store: Store, work: Work, rows: int) -> Work:
    return await store.storage.read_in_background(statistics.advance, work, now=NOW, rows=rows)


def drafted(store: Store, user_id: int, *designs: str) -> None:
    for design in designs:
        store.new_row(patterns, user_id=user_id, design=design)


def test_an_empty_database_has_nothing_of_everything(store: Store) -> None:
    assert store.read(statistics.find) is None and store.read(statistics.count_accounts) is None
    assert passed(store) == Totals(rows=NOTHING, designs={}, jwt_calls=0, key_calls=0, top_users=[])
    assert store.read(statistics.count_accounts) == 0


@pytest.mark.parametrize("rows", [1, 2, 3, 5, statistics.SLICE])
def test_slices_of_any_size_add_up_to_all_there_is(store: Store, rows: int) -> None:
    people = [
        store.new_account(jwt_calls=calls, key_calls=2, username=f"p{calls}")["id"] for calls in (0, 7, 3, 9, 5)
    ]
    for user_id in people[:3]:
        store.new_set(user_id)
        store.new_key(user_id)
        store.new_row(bookmarks, user_id=user_id)
    drafted(store, people[0], "aaron", "brian", "aaron", "carlton", "aaron", "brian")
    store.new_row(curated_sets, published=True)
    found = passed(store, rows=rows)
    assert found.rows == {"accounts": 5, "patterns": 6, "sets": 3, "curated_sets": 1, "bookmarks": 3, "apikeys": 3}
    assert list(found.designs.items()) == [("aaron", 3), ("brian", 2), ("carlton", 1)]
    assert (found.jwt_calls, found.key_calls) == (24, 10)
    assert found.top_users == [(people[3], "p9", 9), (people[1], "p7", 7), (people[4], "p5", 5), (people[2], "p3", 3)]
    assert store.read(statistics.count_accounts) == 5


def test_revoked_keys_and_unpublished_sets_are_not_counted(store: Store) -> None:
    user_id = store.new_account()["id"]
    key = store.new_key(user_id)["key"]
    store.new_key(user_id)
    store.revoke_key(key)
    store.new_row(curated_sets, published=False)
    rows = passed(store).rows
    assert (rows["apikeys"], rows["curated_sets"]) == (1, 0)


def test_the_next_pass_sees_what_came_and_what_went(store: Store) -> None:
    user_id, other = (store.new_account()["id"] for _ in range(2))
    drafted(store, user_id, "aaron")
    drafted(store, other, "brian")
    assert passed(store).designs == {"aaron": 1, "brian": 1}
    store.write(accounts.remove, other)
    drafted(store, user_id, "aaron")
    found = passed(store, now=LATER)
    assert found.rows["accounts"] == 1 and found.designs == {"aaron": 2}


@pytest.mark.parametrize("fields", HIDDEN)
def test_an_account_without_a_profile_is_counted_and_not_named(store: Store, fields: dict[str, Any]) -> None:
    store.new_account(jwt_calls=100, **fields)
    shown = store.new_account(jwt_calls=1, username="shown")["id"]
    found = passed(store)
    assert found.top_users == [(shown, "shown", 1)]
    assert found.rows["accounts"] == 2 and found.jwt_calls == 101


@pytest.mark.parametrize("fields", HIDDEN)
def test_an_account_that_loses_its_profile_is_no_longer_named(store: Store, fields: dict[str, Any]) -> None:
    user_id = store.new_account(jwt_calls=100)["id"]
    assert len(passed(store).top_users) == 1
    store.write(lambda connection: accounts.change(connection, user_id, **fields))
    found = store.read(statistics.find)
    assert found is not None and found.top_users == []


def test_a_new_name_is_shown_at_once_and_a_removed_account_not_at_all(store: Store) -> None:
    user_id, other = (store.new_account(jwt_calls=calls)["id"] for calls in (3, 2))
    passed(store)
    store.write(lambda connection: accounts.change(connection, user_id, username="new", lusername="new"))
    store.write(accounts.remove, other)
    found = store.read(statistics.find)
    assert found is not None and found.top_users == [(user_id, "new", 3)]


def test_no_more_than_so_many_users_and_designs_are_shown(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MOST_USERS", 2)
    monkeypatch.setattr(statistics, "MOST_DESIGNS", 3)
    monkeypatch.setattr(statistics, "_USERS_KEPT", 4)
    for calls in range(1, 7):
        user_id = store.new_account(jwt_calls=calls)["id"]
        drafted(store, user_id, *[f"design{calls}"] * calls)
    found = passed(store, rows=2)
    assert [calls for _, _, calls in found.top_users] == [6, 5]
    assert found.designs == {"design6": 6, "design5": 5, "design4": 4}


def test_an_unknown_design_is_counted_and_not_shown(store: Store) -> None:
    drafted(
        store, store.new_account()["id"], "aaron", "My own 42 secret", "", "<b>", "a" * 51, "ґ", "1st", "x.y", "a\nb"
    )
    found = passed(store)
    assert found.rows["patterns"] == 9 and found.designs == {"aaron": 1}


def test_of_many_instances_one_counts_at_a_time(store: Store) -> None:
    def attempt(connection: Connection) -> Work | None:
        return statistics.claim(connection, now=NOW, before=NOW - timedelta(minutes=1))

    assert [work for work in store.write_at_once(*[attempt] * 8) if work is not None] == [Work()]
    assert claim(store, NOW + timedelta(seconds=59)) is None
    assert [work for work in store.write_at_once(*[attempt] * 3) if work is not None] == []
    assert claim(store, NOW + timedelta(seconds=61)) == Work()


def test_the_process_that_stores_a_count_keeps_its_claim(store: Store) -> None:
    work = claim(store)
    assert work is not None
    store.write(statistics.keep, work, now=LATER)
    assert claim(store, LATER + timedelta(seconds=59)) is None


def test_another_instance_goes_on_where_one_ended(store: Store) -> None:
    for _ in range(5):
        store.new_account(jwt_calls=1)
    work = claim(store)
    assert work is not None
    store.write(statistics.keep, store.read(statistics.advance, work, now=NOW, rows=2), now=NOW)
    assert store.read(statistics.find) is None
    work = claim(store, LATER)
    assert work is not None and work.passes["accounts"]["rows"] == 2
    assert passed(store, rows=2, now=LATER + timedelta(minutes=2)).rows["accounts"] == 5


def test_the_figures_of_the_last_pass_stand_until_the_next_one_ends(store: Store) -> None:
    for _ in range(4):
        store.new_account()
    passed(store)
    store.new_account()
    work = claim(store, LATER)
    assert work is not None
    store.write(statistics.keep, store.read(statistics.advance, work, now=NOW, rows=2), now=LATER)
    assert store.read(statistics.count_accounts) == 4


def plans_of(store: Store, query: Callable[[Connection], Any]) -> list[list[str]]:
    """How SQLite finds the rows of each statement of a query."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    def watched(connection: Connection) -> None:
        event.listen(connection, "before_cursor_execute", note)
        query(connection)
        event.remove(connection, "before_cursor_execute", note)

    store.read(watched)
    return [[row[3] for row in store.sql("EXPLAIN QUERY PLAN " + sql.replace("?", "1"))] for sql in statements]


def test_showing_the_totals_takes_two_look_ups_and_counts_nothing(sqlite_store: Store) -> None:
    sqlite_store.new_account(jwt_calls=1)
    passed(sqlite_store)
    plans = plans_of(sqlite_store, statistics.find)
    assert len(plans) == 2 and all(step.startswith("SEARCH") for plan in plans for step in plan)
    assert len(plans_of(sqlite_store, statistics.count_accounts)) == 1


def test_no_step_reads_more_of_a_table_than_its_slice(sqlite_store: Store) -> None:
    plans = plans_of(sqlite_store, lambda connection: statistics.advance(connection, Work(), now=NOW))
    assert len(plans) >= len(NOTHING)
    for plan in plans:
        assert any(" USING INTEGER PRIMARY KEY (rowid>?)" in step for step in plan)


def test_accounts_and_keys_are_counted_by_state(store: Store) -> None:
    assert store.read(statistics.states) == {"accounts": {}, "apikeys": {}}
    ids = [store.new_account(**fields)["id"] for fields in ({}, {}, *HIDDEN)]
    revoked, _, _ = (store.new_key(ids[0]) for _ in range(3))
    store.revoke_key(revoked["key"])
    store.new_key(ids[0], expires_at=NOW)
    passed(store, rows=2)
    assert store.read(statistics.states) == {
        "accounts": {"active": 3, "inactive": 1, "restricted": 1, "disabled": 1, "blocked": 1},
        "apikeys": {"active": 2, "expired": 1, "revoked": 1},
    }
