"""The record of an account's security events."""

from datetime import timedelta
from uuid import uuid4

from storage import security_log
from storage.security_log import OWNER, SIGN_IN_FAILED, SIGNED_IN, Origin
from tests.storage.store import NOW, Store


def test_events_are_read_newest_first_page_by_page_and_ones_own_alone(store: Store) -> None:
    alice, bob = store.new_account()["id"], store.new_account()["id"]
    request, key = uuid4(), uuid4()
    for number in range(4):
        store.write(
            security_log.record, alice, SIGNED_IN, origin=Origin(OWNER, request), now=NOW, key=key, number=number
        )
    store.write(security_log.record, bob, SIGNED_IN, origin=Origin(OWNER), now=NOW)
    first = store.read(security_log.page, alice, limit=3)
    assert [row["details"] for row in first] == [{"number": number} for number in (3, 2, 1)]
    assert {(row["by"], row["key"], row["request_id"], row["created_at"]) for row in first} == {
        (OWNER, key, request, NOW)
    }
    assert [row["details"] for row in store.read(security_log.page, alice, limit=3, after=first[-1]["id"])] == [
        {"number": 0}
    ]


def test_of_failed_sign_ins_one_a_minute_is_kept_for_each_account(store: Store) -> None:
    alice, bob = store.new_account()["id"], store.new_account()["id"]
    for seconds in (0, 1, 59, 60, 61, 120):
        store.write(security_log.record_failure, alice, now=NOW + timedelta(seconds=seconds), request_id=None)
    store.write(security_log.record_failure, bob, now=NOW, request_id=None)
    kept = store.read(security_log.page, alice, limit=100)
    assert [(row["event"], row["by"], row["details"]) for row in kept] == [(SIGN_IN_FAILED, "system", {})] * 3
    assert [(row["created_at"] - NOW).seconds for row in kept] == [120, 60, 0]
    assert len(store.read(security_log.page, bob, limit=100)) == 1


def test_events_are_removed_by_age(store: Store) -> None:
    user_id = store.new_account()["id"]
    for hours in range(3):
        store.write(security_log.record, user_id, SIGNED_IN, origin=Origin(OWNER), now=NOW + timedelta(hours=hours))
    assert store.write(security_log.prune, NOW + security_log.KEPT) == 0
    assert store.write(security_log.prune, NOW + security_log.KEPT + timedelta(hours=1, minutes=1)) == 2
    assert [row["created_at"] for row in store.read(security_log.page, user_id, limit=9)] == [
        NOW + timedelta(hours=2)
    ]
