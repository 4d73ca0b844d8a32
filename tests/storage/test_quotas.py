"""Quotas as they are stored: what holds is where requests find it, and what has ended is not."""

from datetime import datetime, timedelta
from uuid import uuid4

from services.quota_decisions import MOST_PRUNED
from storage import accounts, apikeys, quotas
from storage.audit_log import Actor
from storage.quotas import Holder, Terms
from storage.schema.fair_use import quotas as table
from storage.schema.tables import Record
from tests.service_container import services_on
from tests.storage.store import NOW, Store

BY = Actor(0, uuid4())
A_DAY = timedelta(days=1)


def let_hold(store: Store, holder: Holder, policy: str, until: datetime, quota: int = 5) -> Record:
    """A quota until then."""
    terms = Terms(quota, until, "a secret reason")
    return store.write(quotas.set_by_staff, holder, policy, terms, by=BY, now=NOW)


def test_the_reason_is_encrypted(store: Store) -> None:
    made = let_hold(store, Holder(store.new_account()["id"]), "account-day", NOW + A_DAY)
    assert made["reason"] == "a secret reason"
    assert b"secret" not in bytes(store.sql("SELECT reason FROM quotas")[0][0])


def test_what_has_ended_is_pruned_and_what_holds_stays(store: Store) -> None:
    user_id = store.new_account()["id"]
    key = store.new_key(user_id)
    of_key = store.read(quotas.holder_of_key, key["key"])
    let_hold(store, Holder(user_id), "account-day", NOW + A_DAY)
    let_hold(store, Holder(user_id), "account-burst", NOW + 3 * A_DAY)
    let_hold(store, of_key, "day", NOW + A_DAY)
    later = NOW + 2 * A_DAY
    assert [row["policy"] for row in store.read(quotas.page, now=later)] == ["account-burst"]
    store.run(services_on(store.storage).quota_decisions.prune(later))
    assert store.count(table) == 1
    assert set(store.read(accounts.find, user_id)["quotas"]) == {"account-burst"}
    assert store.read(apikeys.find, key["key"])["quotas"] is None
    assert store.write(quotas.prune, later) is False


def test_a_moment_within_a_second_is_rounded_up_so_that_nothing_ends_early(store: Store) -> None:
    user_id = store.new_account()["id"]
    until = NOW.replace(microsecond=1000) + A_DAY
    let_hold(store, Holder(user_id), "account-day", until)
    held = store.read(accounts.find, user_id)["quotas"]["account-day"]["until"]
    assert held == int(until.timestamp()) + 1
    whole = NOW.replace(microsecond=0) + A_DAY
    let_hold(store, Holder(user_id), "account-day", whole)
    assert store.read(accounts.find, user_id)["quotas"]["account-day"]["until"] == int(whole.timestamp())


def test_a_round_of_pruning_is_bounded(store: Store) -> None:
    for _ in range(MOST_PRUNED + 2):
        store.new_row(table, user_id=store.new_account()["id"], until=NOW)
    store.run(services_on(store.storage).quota_decisions.prune(NOW))
    assert store.count(table) == 2
    store.run(services_on(store.storage).quota_decisions.prune(NOW))
    assert store.count(table) == 0
