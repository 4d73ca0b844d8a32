"""Accounts: how they are found, made, changed and removed."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from core.errors import AlreadyExists, NoSuchRecord
from storage import accounts, apikeys, profiles, sessions
from tests.counting import count_accounts
from tests.storage.store import NOW, ORIGIN, Store

NEW: dict[str, Any] = {"language": "de", "role": "user", "password": "hash", "now": NOW}


def test_a_new_account_is_named_by_its_number_and_may_not_come_in_yet(store: Store) -> None:
    made = store.write(accounts.create, email="alice@example.org", **NEW)
    assert made["username"] == made["lusername"] == f"user-{made['id']}"
    assert (made["status"], made["consent"], made["email"]) == (accounts.INACTIVE, 0, "alice@example.org")
    assert (made["created_at"], made["updated_at"], made["last_seen"]) == (NOW, NOW, None)
    assert store.read(accounts.find, made["id"]) == made


def test_an_address_has_one_account_at_most_in_whatever_case(store: Store) -> None:
    store.write(accounts.create, email="alice@example.org", **NEW)
    with pytest.raises(AlreadyExists):
        store.write(accounts.create, email="ALICE@example.org ", **NEW)
    assert store.read(count_accounts) == 1


def test_a_repeated_sign_up_returns_the_existing_account(store: Store) -> None:
    first = store.write(accounts.find_or_create, "alice@example.org", **NEW)
    assert store.write(accounts.find_or_create, " Alice@Example.org", **NEW)["id"] == first["id"]


def test_the_savepoint_decides_when_another_was_quicker(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first = store.new_account("alice@example.org")
    answers = iter([None, first])
    monkeypatch.setattr(accounts, "find_by_email", lambda *_: next(answers))
    assert store.write(accounts.find_or_create, "alice@example.org", **NEW)["id"] == first["id"]
    assert store.read(count_accounts) == 1


@pytest.mark.parametrize("login", ["Alice@Example.ORG", " alice@example.org ", "ALIce", " alice"])
def test_a_person_signs_in_by_address_or_name_in_any_case(store: Store, login: str) -> None:
    made = store.new_account("alice@example.org", username="Alice", lusername="alice")
    found = store.read(accounts.find_by_login, login)
    assert found is not None and found["id"] == made["id"]


def test_a_person_signs_in_by_number(store: Store) -> None:
    made = store.new_account()
    assert store.read(accounts.find_by_login, str(made["id"])) == made


@pytest.mark.parametrize("login", ["", "@", "nobody", "nobody@example.org", "0", "9" * 15, "9" * 400, "٣", "²"])
def test_an_unknown_login_finds_no_account(store: Store, login: str) -> None:
    store.new_account()
    assert store.read(accounts.find_by_login, login) is None
    assert store.read(accounts.find_by_handle, login) is None


def test_a_path_names_an_account_by_number_uuid_or_name_but_never_by_address(store: Store) -> None:
    made = store.new_account("alice@example.org", username="Alice", lusername="alice")
    for handle in (str(made["id"]), str(made["uuid"]), made["uuid"].hex, "aLICE"):
        assert store.read(accounts.find_by_handle, handle) == made
    assert store.read(accounts.find_by_handle, "alice@example.org") is None


def test_an_unknown_number_is_no_such_record(store: Store) -> None:
    with pytest.raises(NoSuchRecord):
        store.read(accounts.find, 999_999)
    with pytest.raises(NoSuchRecord):
        store.write(accounts.lock, 999_999)


def _named(store: Store, *names: str, **fields: Any) -> None:
    for name in names:
        store.new_account(username=name, lusername=name.lower(), **fields)


def _profiles(store: Store, match: str, limit: int = 10) -> list[str]:
    return [found["username"] for found in store.read(profiles.find_profiles, match, limit)]


def test_profiles_are_found_by_the_start_of_their_name_in_order(store: Store) -> None:
    _named(store, "sew", "Sewist", "sewing", "resew", "Zoë", "Zo", "sé")
    assert _profiles(store, "SEW") == ["sew", "sewing", "Sewist"]
    assert _profiles(store, "sew", 2) == ["sew", "sewing"]
    assert _profiles(store, "zoë") == ["Zoë"]


def test_wildcards_of_a_pattern_are_literal_in_a_name(store: Store) -> None:
    _named(store, "50% wool", "500 wool", "a_b", "axb", "a\\b", "a/b")
    assert _profiles(store, "50%") == ["50% wool"]
    assert _profiles(store, "a_") == ["a_b"]
    assert _profiles(store, "a\\") == ["a\\b"]
    assert _profiles(store, "a/") == ["a/b"]


def test_only_active_and_consenting_accounts_have_profiles(store: Store) -> None:
    _named(store, "sew1", status=accounts.INACTIVE)
    _named(store, "sew2", status=accounts.RESTRICTED)
    _named(store, "sew3", consent=0)
    _named(store, "sew4")
    assert _profiles(store, "sew") == ["sew4"]


def _edit(store: Store, user_id: int, **fields: Any) -> accounts.Account:
    data = fields.pop("data", {})
    return store.write(accounts.edit, user_id, fields=fields, data=data, origin=ORIGIN, now=NOW + timedelta(hours=1))


def test_an_edit_changes_only_the_given_fields(store: Store) -> None:
    made = store.new_account()
    changed = _edit(store, made["id"], bio="new", compare=False)
    assert changed == {**made, "bio": "new", "compare": False, "updated_at": NOW + timedelta(hours=1)}
    assert store.read(accounts.find, made["id"]) == changed


def test_data_is_merged_key_by_key_and_null_removes_a_key(store: Store) -> None:
    user_id = store.new_account(data={"a": 1, "b": {"c": [2]}, "d": 3})["id"]
    assert _edit(store, user_id, data={"a": None, "b": {"e": 4}, "f": "ü"})["data"] == {
        "b": {"e": 4},
        "d": 3,
        "f": "ü",
    }
    assert _edit(store, user_id, bio="x")["data"] == {"b": {"e": 4}, "d": 3, "f": "ü"}


def test_a_name_that_another_has_stays_theirs_and_the_rest_is_changed(store: Store) -> None:
    _named(store, "Alice")
    user_id = store.new_account(username="bob", lusername="bob")["id"]
    changed = _edit(store, user_id, username="aLICE", bio="still")
    assert (changed["username"], changed["bio"]) == ("bob", "still")
    assert _edit(store, user_id, username="BOB")["username"] == "BOB"


def test_an_address_that_another_has_is_refused(store: Store) -> None:
    store.new_account("alice@example.org")
    user_id = store.new_account()["id"]
    with pytest.raises(AlreadyExists):
        store.write(accounts.change, user_id, email=" ALICE@example.org")


def test_withdrawn_consent_revokes_the_keys_for_good(store: Store) -> None:
    user_id = store.new_account()["id"]
    key = store.new_key(user_id)["key"]
    _edit(store, user_id, consent=0)
    _edit(store, user_id, consent=2)
    assert list(store.read(apikeys.list_of, user_id, state=apikeys.ACTIVE, now=NOW)) == []
    key_status = store.read(apikeys.find_status, key)
    assert key_status is not None and key_status.revoked_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize("status", [accounts.RESTRICTED, accounts.DISABLED])
def test_a_closed_account_loses_its_sessions_and_its_keys_and_others_keep_theirs(store: Store, status: int) -> None:
    account, other = store.new_account(epoch=4), store.new_account()["id"]
    one = account["id"]
    store.new_key(one)
    kept = store.new_key(other)
    store.write(accounts.set_status, one, status, origin=ORIGIN, now=NOW)
    assert store.read(sessions.find_status, one) == sessions.SessionStatus(
        account["uuid"], "user", status, 1, 5, None
    )
    assert list(store.read(apikeys.list_of, one, state=apikeys.ACTIVE, now=NOW)) == []
    assert list(store.read(apikeys.list_of, other, state=apikeys.ACTIVE, now=NOW)) == [kept]


def test_with_a_lesser_role_go_the_keys_above_it(store: Store) -> None:
    user_id = store.new_account(role="admin")["id"]
    low, _, high = (store.new_key(user_id, level=level) for level in (4, 5, 9))
    store.write(accounts.set_role, user_id, "user", 4, origin=ORIGIN, now=NOW)
    assert store.read(accounts.find, user_id)["role"] == "user"
    assert list(store.read(apikeys.list_of, user_id, state=apikeys.ACTIVE, now=NOW)) == [low]
    key_status = store.read(apikeys.find_status, high["key"])
    assert key_status is not None and key_status.revoked_at == NOW


def test_an_account_can_be_removed_once(store: Store) -> None:
    user_id = store.new_account()["id"]
    store.write(accounts.remove, user_id)
    with pytest.raises(NoSuchRecord):
        store.write(accounts.remove, user_id)
    with pytest.raises(NoSuchRecord):
        _edit(store, user_id, bio="x")


def test_a_uuid_finds_its_account_however_it_is_written(store: Store) -> None:
    made = store.new_account()
    assert isinstance(made["uuid"], UUID)
    assert store.read(accounts.find_by_handle, str(made["uuid"]).upper()) == made
