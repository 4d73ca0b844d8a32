"""Confirmations: good once, for a while, for what they were made for."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core.errors import NoSuchRecord
from storage import confirmations
from storage.schema.tables import confirmations as table
from tests.storage.store import NOW, Store

KINDS = (confirmations.SIGN_UP, confirmations.HAVE_ACCOUNT, confirmations.SIGN_IN, confirmations.EMAIL_CHANGE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_confirmation_is_good_until_its_time_is_over(store: Store, kind: str) -> None:
    user_id = store.new_account()["id"]
    issued = store.new_confirmation(user_id, kind)
    end = NOW + confirmations.LIFETIMES[kind]
    last = end - timedelta(milliseconds=1)
    found = store.write(confirmations.find, issued.id, check=issued.check, kinds=(kind,), now=last)
    assert (found["user_id"], found["data"]) == (user_id, {"email": "secret@example.org"})
    with pytest.raises(NoSuchRecord):
        store.write(confirmations.find, issued.id, check=issued.check, kinds=(kind,), now=end)


def test_a_confirmation_needs_its_check_its_kind_and_its_id(store: Store) -> None:
    issued = store.new_confirmation(store.new_account()["id"])
    for wrong in ("", "0" * 40, issued.check.upper() + "x"):
        with pytest.raises(NoSuchRecord):
            store.write(confirmations.find, issued.id, check=wrong, kinds=(), now=NOW)
    with pytest.raises(NoSuchRecord):
        store.write(confirmations.find, issued.id, check=issued.check, kinds=(confirmations.SIGN_IN,), now=NOW)
    with pytest.raises(NoSuchRecord):
        store.write(confirmations.find, uuid4(), check=issued.check, kinds=(), now=NOW)


def test_a_check_may_be_left_out_where_the_contract_lets_it(store: Store) -> None:
    issued = store.new_confirmation(store.new_account()["id"])
    found = store.write(confirmations.find, issued.id, check=None, kinds=(confirmations.SIGN_UP,), now=NOW)
    assert found["id"] == issued.id


def test_a_link_can_be_looked_at_without_writing(store: Store) -> None:
    issued = store.new_confirmation(store.new_account()["id"])
    assert store.read(confirmations.find, issued.id, check=issued.check, kinds=(), now=NOW)["id"] == issued.id


def test_a_confirmation_is_used_up_once(store: Store) -> None:
    issued = store.new_confirmation(store.new_account()["id"])
    store.write(confirmations.use_up, issued.id)
    for _attempt in range(2):
        with pytest.raises(NoSuchRecord):
            store.write(confirmations.use_up, issued.id)
    assert store.count(table) == 0


def test_the_check_is_not_stored(store: Store) -> None:
    issued = store.new_confirmation(store.new_account()["id"])
    assert issued.check not in str(store.sql("SELECT * FROM confirmations"))


def test_pruning_removes_what_has_expired_and_nothing_else(store: Store) -> None:
    user_id = store.new_account()["id"]
    kept = store.new_confirmation(user_id, confirmations.SIGN_UP)
    store.new_confirmation(user_id, confirmations.SIGN_IN)
    assert store.write(confirmations.prune, NOW + timedelta(minutes=59)) == 0
    assert store.write(confirmations.prune, NOW + timedelta(hours=1)) == 1
    assert store.write(confirmations.find, kept.id, check=None, kinds=(), now=NOW)["id"] == kept.id
