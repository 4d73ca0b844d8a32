"""User names from before the present comparison: reachable, unique and searchable beside new ones."""

# ruff: noqa: RUF001

from typing import Any

import pytest

from storage import accounts, administration, migrate, profiles
from storage.audit_log import Actor
from storage.schema.names import compared
from tests.storage.store import NOW, ORIGIN, Store
from tests.storage.test_migrations import on_database, step_back


@pytest.mark.parametrize(
    ("name", "form"), [("ALICE", "alice"), ("Straße", "strasse"), ("ＡΣ", "aσ"), ("e\u0301", "é"), ("ﬁ", "fi")]
)
def test_names_are_compared_after_nfkc_and_case_folding(name: str, form: str) -> None:
    assert compared(name) == compared(form) == form


def older(store: Store, name: str, folded: str | None) -> int:
    """Return the number of an account whose name is older than the comparison."""
    return int(store.new_account(username=name, lusername=name.lower(), folded=folded)["id"])


def number_of(store: Store, name: str) -> int | None:
    """Return the number of the account with this name."""
    account = store.read(accounts.find_by_username, name)
    return None if account is None else int(account["id"])


def renamed(store: Store, user_id: int, name: str) -> Any:
    """Return the account after it asked for a name."""
    return store.write(accounts.edit, user_id, fields={"username": name}, data={}, origin=ORIGIN, now=NOW)


def test_an_older_name_is_found_in_every_form(store: Store) -> None:
    user_id = older(store, "Straße", "strasse")
    assert {number_of(store, name) for name in ("Straße", "straße", "STRASSE", "ｓｔｒａｓｓｅ")} == {user_id}
    assert number_of(store, "stras") is None
    for match in ("stra", "STRASS", "straß"):
        assert [found["id"] for found in store.read(profiles.find_profiles, match, 10)] == [user_id]
    by = Actor(1, store.new_account()["uuid"])
    for part in ("asse", "ASSE", "traß"):
        hits = store.write(administration.search, part, by=by, now=NOW)["username"]
        assert [hit["id"] for hit in hits] == [user_id]


def test_a_name_that_equals_an_older_one_cannot_be_taken(store: Store) -> None:
    older(store, "Straße", "strasse")
    user_id = store.new_account()["id"]
    for name in ("STRASSE", "straße"):
        assert renamed(store, user_id, name)["username"] == f"user-{user_id}"


def test_of_two_older_names_that_are_equal_now_each_is_found_as_it_is_written(store: Store) -> None:
    first, second = older(store, "strasse", None), older(store, "Straße", None)
    assert (number_of(store, "STRASSE"), number_of(store, "straße")) == (first, second)


def test_a_new_name_lets_the_older_one_go(store: Store) -> None:
    user_id = older(store, "Straße", "strasse")
    assert renamed(store, user_id, "Weg")["folded"] is None
    assert number_of(store, "strasse") is None
    assert renamed(store, store.new_account()["id"], "STRASSE")["lusername"] == "strasse"


def test_the_migration_finds_the_form_of_older_names_and_leaves_out_what_another_has(store: Store) -> None:
    written = ("Straße", "ΟΔΟΣ", "oﬃce", "office", "Zoë", "ＡＢＣ")
    numbers = {name: older(store, name, None) for name in written}
    store.disconnect()
    on_database(store.url, step_back("0005"))
    migrate.upgrade(store.url)
    store.connect()
    folded = {name: store.read(accounts.find, number)["folded"] for name, number in numbers.items()}
    expected = {"Straße": "strasse", "ΟΔΟΣ": "οδοσ", "ＡＢＣ": "abc"}
    assert {name: form for name, form in folded.items() if form} == expected
