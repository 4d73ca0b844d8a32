"""What staff do to accounts, and the record of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from core.errors import NoSuchRecord
from storage import accounts, administration, apikeys, audit_log
from storage.schema.tables import acts as acts_table
from tests.storage.store import NOW, Store

REQUEST = UUID("6f2f3c9e-2b1d-4a35-9a50-6f0d2f4f1d11")
BY = audit_log.Actor(99, REQUEST)
LATER = NOW + timedelta(minutes=1)


def found(store: Store, q: str) -> dict[str, list[int]]:
    """The numbers of the accounts that a search finds, by what they were found by."""
    hits = store.write(administration.search, q, by=BY, now=NOW)
    return {by: [account["id"] for account in accounts] for by, accounts in hits.items() if accounts}


def recorded(store: Store, **chosen: Any) -> list[tuple[int, int, str]]:
    """Actor, subject and act of the newest acts."""
    rows = store.read(audit_log.page, limit=100, **chosen)
    return [(row["actor_id"], row["subject_id"], row["act"]) for row in rows]


def named(store: Store, name: str) -> int:
    """The number of a new account of this name."""
    return int(store.new_account(username=name, lusername=name.lower())["id"])


def test_a_part_of_a_name_finds_the_account_in_any_case(store: Store) -> None:
    alice = named(store, "Alice Sews")
    named(store, "bob")
    assert found(store, "CE se") == {"username": [alice]}


def test_wildcards_of_the_database_are_literal_in_a_search(store: Store) -> None:
    plain, percent, score, slash = (named(store, name) for name in ("a1b", "a%b", "a_b", "a|b"))
    assert found(store, "a%b") == {"username": [percent]}
    assert found(store, "a_b") == {"username": [score]}
    assert found(store, "%") == {"username": [percent]}
    assert found(store, "a/b") == {}
    assert plain and slash


def test_an_exact_match_comes_first_and_other_results_are_limited(store: Store) -> None:
    for number in range(administration.MOST_FOUND + 5):
        named(store, f"a-name-{number:02}")
    exact = named(store, "name")
    hits = found(store, "name")["username"]
    assert hits[0] == exact
    assert len(set(hits)) == administration.MOST_FOUND


def test_an_account_is_found_by_address_hash_first_address_number_and_uuid(store: Store) -> None:
    alice = store.new_account("alice@example.org")
    new = accounts.email_hash("new@example.org")
    store.write(lambda connection: accounts.change(connection, alice["id"], email="new@example.org"))
    number = alice["id"]
    assert found(store, " NEW@example.org") == found(store, new) == {"ehash": [number]}
    assert found(store, "alice@example.org") == {"ihash": [number]}
    assert found(store, str(alice["uuid"]).upper()) == {"uuid": [number]}
    assert found(store, str(number))["id"] == [number]
    assert found(store, "example.org") == {}


def test_each_account_that_a_search_shows_is_recorded_and_so_is_a_search_in_vain(store: Store) -> None:
    first, second = named(store, "one of us"), named(store, "two of us")
    found(store, "of us")
    assert recorded(store) == [(99, second, audit_log.SEARCH), (99, first, audit_log.SEARCH)]
    found(store, "nobody at all")
    assert recorded(store)[0] == (99, audit_log.NOBODY, audit_log.SEARCH)


def test_loading_an_account_is_recorded_and_an_unknown_one_is_not(store: Store) -> None:
    alice = store.new_account()
    assert store.write(administration.load, str(alice["uuid"]), by=BY, now=NOW) == alice
    assert recorded(store) == [(99, alice["id"], audit_log.LOAD)]
    with pytest.raises(NoSuchRecord):
        store.write(administration.load, "nobody", by=BY, now=NOW)
    assert store.count(acts_table) == 1


def update(store: Store, user_id: int, level: int = 4, **wanted: Any) -> Any:
    """The account after staff changed it."""
    return store.write(administration.update, user_id, wanted, level=level, by=BY, now=LATER)


def living_keys(store: Store, user_id: int) -> list[int]:
    """The levels of the account's keys."""
    return [key["level"] for key in store.read(apikeys.list_of, user_id, state=apikeys.ACTIVE, now=NOW)]


def test_a_lower_role_revokes_the_keys_above_it_and_says_what_changed(store: Store) -> None:
    alice = store.new_account(role="curator")
    store.new_key(alice["id"], level=5)
    store.new_key(alice["id"], level=4)
    assert update(store, alice["id"], role="user")["role"] == "user"
    assert living_keys(store, alice["id"]) == [4]
    row = store.read(audit_log.page, limit=1)[0]
    assert (row["act"], row["changes"], row["request_id"]) == (
        audit_log.UPDATE,
        {"role": ["curator", "user"]},
        REQUEST,
    )
    assert (row["created_at"], row["actor_id"], row["subject_id"]) == (LATER, 99, alice["id"])


def test_disabling_ends_sessions_and_keys_once_and_not_again(store: Store) -> None:
    alice = store.new_account()
    store.new_key(alice["id"])
    first = update(store, alice["id"], status=accounts.DISABLED)
    assert (first["status"], first["epoch"]) == (accounts.DISABLED, alice["epoch"] + 1)
    assert living_keys(store, alice["id"]) == []
    again = update(store, alice["id"], status=accounts.DISABLED)
    assert (again["epoch"], again["updated_at"]) == (first["epoch"], first["updated_at"])
    assert store.read(audit_log.page, limit=1)[0]["changes"] == {}


def test_turning_the_second_factor_off_forgets_all_of_it_and_records_none_of_it(store: Store) -> None:
    alice = store.new_account(mfa_enabled=True, mfa_secret="SECRETSECRET", mfa_scratch=["hash"])
    changed = update(store, alice["id"], mfa_enabled=False)
    assert (changed["mfa_enabled"], changed["mfa_secret"], changed["mfa_scratch"]) == (False, None, [])
    assert store.read(audit_log.page, limit=1)[0]["changes"] == {"mfa_enabled": [True, False]}


def test_taking_consent_back_revokes_every_key(store: Store) -> None:
    alice = store.new_account(consent=2)
    store.new_key(alice["id"])
    assert update(store, alice["id"], consent=1)["consent"] == 1
    assert living_keys(store, alice["id"]) == [4]
    assert update(store, alice["id"], consent=0)["consent"] == 0
    assert living_keys(store, alice["id"]) == []


def test_a_change_that_fails_leaves_no_record(store: Store) -> None:
    with pytest.raises(NoSuchRecord):
        update(store, 999, role="user")
    assert store.count(acts_table) == 0


def test_acts_are_read_newest_first_page_by_page_while_more_are_added(store: Store) -> None:
    for subject in range(1, 6):
        store.write(audit_log.record, BY, audit_log.LOAD, subjects=[subject], now=NOW)
    first = store.read(audit_log.page, limit=2)
    store.write(audit_log.record, BY, audit_log.LOAD, subjects=[6], now=NOW)
    second = store.read(audit_log.page, limit=10, after=first[-1]["id"])
    assert [row["subject_id"] for row in (*first, *second)] == [5, 4, 3, 2, 1]


def test_the_audit_log_can_be_filtered_by_actor_and_subject(store: Store) -> None:
    other = audit_log.Actor(7, REQUEST)
    store.write(audit_log.record, BY, audit_log.LOAD, subjects=[1, 2], now=NOW)
    store.write(audit_log.record, other, audit_log.LOAD, subjects=[2], now=NOW)
    assert recorded(store, actor=7) == [(7, 2, audit_log.LOAD)]
    assert recorded(store, subject=2) == [(7, 2, audit_log.LOAD), (99, 2, audit_log.LOAD)]
    assert recorded(store, subject=2, actor=99) == [(99, 2, audit_log.LOAD)]


def test_an_act_outlives_whom_it_is_about(store: Store) -> None:
    alice = store.new_account()
    update(store, alice["id"], role="tester")
    store.write(accounts.remove, alice["id"])
    assert recorded(store) == [(99, alice["id"], audit_log.UPDATE)]
