"""Asking and answering at the same moment, on both engines: one request is open, and one answer counts."""

from functools import partial

from tests.faults.concurrency import concurrently
from tests.handlers.reading import failure
from tests.handlers.test_quota_requests import ask, asked, decide
from tests.handlers.test_quotas import of_account, put
from tests.service import Person, Service


def test_of_concurrent_equal_quota_requests_one_is_stored(alice: Person) -> None:
    replies = concurrently([partial(ask, alice, quota=number) for number in range(8)])
    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 7
    assert {failure(reply) for reply in replies if reply.status_code == 409} == {(409, "requestOpen")}
    assert len(alice.get("/quota-requests").json()["requests"]) == 1


def test_however_many_are_asked_at_once_ten_are_open(alice: Person) -> None:
    keys = [alice.new_key().key for _ in range(7)]
    calls = [partial(ask, alice, policy=policy, key=key) for key in keys for policy in ("burst", "day")]
    assert sorted(reply.status_code for reply in concurrently(calls)) == [201] * 10 + [409] * 4
    assert len(alice.get("/quota-requests").json()["requests"]) == 10


def test_of_two_concurrent_decisions_one_is_stored(service: Service, alice: Person) -> None:
    one, other = service.sign_up("admin"), service.sign_up("admin")
    made = asked(alice)
    calls = [partial(decide, one, made, "granted"), partial(decide, other, made, "declined")] * 3
    replies = concurrently(calls)
    assert sorted(reply.status_code for reply in replies) == [200] + [409] * 5
    assert {failure(reply) for reply in replies if reply.status_code == 409} == {(409, "requestDecided")}
    (answer,) = [reply.json()["request"] for reply in replies if reply.status_code == 200]
    assert alice.get(f"/quota-requests/{made['id']}").json()["request"] == answer
    assert (of_account(service, alice) is not None) == (answer["state"] == "granted")


def test_a_withdrawal_during_a_decision_leaves_one_outcome(alice: Person, admin: Person) -> None:
    made = asked(alice)
    withdrawn, answered = concurrently(
        [partial(alice.delete, f"/quota-requests/{made['id']}"), partial(decide, admin, made, "declined")]
    )
    assert (withdrawn.status_code, answered.status_code) in ((204, 404), (409, 200))


def test_quotas_that_are_set_at_once_all_hold(service: Service, admin: Person, alice: Person) -> None:
    calls = [
        partial(put, admin, user=alice.id, policy=policy, quota=number)
        for number in range(4)
        for policy in ("account-burst", "account-day")
    ]
    assert {reply.status_code for reply in concurrently(calls)} == {200}
    listed = admin.get(f"/admin/quotas?user={alice.id}").json()["quotas"]
    held = {policy: held["quota"] for policy, held in of_account(service, alice).items()}
    assert held == {one["policy"]: one["quota"] for one in listed}
    assert set(held) == {"account-burst", "account-day"}
