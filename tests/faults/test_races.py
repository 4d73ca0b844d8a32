"""Concurrent requests for the same thing, on both engines: unique things stay unique, and nothing is lost."""

from functools import partial
from typing import Any

import pytest

from tests.faults.concurrency import concurrently
from tests.handlers.reading import failure, new_test_address
from tests.service import ApiKey, Person, Service, confirmation_of


def test_concurrent_sign_ups_with_one_address_share_one_account(service: Service) -> None:
    body = {"email": new_test_address(), "language": "en", "test": True}
    replies = concurrently([partial(service.http.post, "/signup", json=body)] * 8)
    assert [reply.status_code for reply in replies] == [201] * 8
    ids = {reply.json()["confirmation"] for reply in replies}
    assert len(ids) == 8
    # Each confirmation is of the one account, which can be activated once.
    calls = [partial(service.http.post, f"/confirm/signup/{one}", json={"consent": 1}) for one in ids]
    assert sorted(reply.status_code for reply in concurrently(calls)) == [200] + [404] * 7


def test_a_confirmation_is_used_once_however_many_use_it_at_once(service: Service) -> None:
    body = {"email": new_test_address(), "language": "en", "test": True}
    confirmation = service.http.post("/signup", json=body).json()["confirmation"]
    replies = concurrently([partial(service.http.post, f"/confirm/signup/{confirmation}", json={"consent": 1})] * 8)
    assert sorted(reply.status_code for reply in replies) == [200] + [404] * 7


def test_of_concurrent_changes_to_one_name_one_succeeds_and_no_other_data_is_lost(service: Service) -> None:
    people = [service.sign_up() for _ in range(8)]
    name = f"Wanted-{people[0].id}"
    change = {"username": name, "bio": "changed"}
    replies = concurrently([partial(person.patch, "/account", change) for person in people])
    assert [reply.status_code for reply in replies] == [200] * 8
    accounts = [person.get("/account").json()["account"] for person in people]
    assert [account["username"] for account in accounts].count(name) == 1
    assert [account["bio"] for account in accounts] == ["changed"] * 8
    assert all(account["username"] in (name, f"user-{account['id']}") for account in accounts)


def test_of_concurrent_changes_to_one_address_one_succeeds(service: Service) -> None:
    people = [service.sign_up() for _ in range(6)]
    address = new_test_address()
    calls = [_address_change(person, address) for person in people]
    replies = concurrently(
        [partial(person.patch, "/account", body) for person, body in zip(people, calls, strict=True)]
    )
    assert sorted(reply.status_code for reply in replies) == [200] + [404] * 5
    assert {failure(reply) for reply in replies if reply.status_code != 200} == {(404, "notFound")}
    addresses = [person.get("/account").json()["account"]["email"] for person in people]
    assert addresses.count(address) == 1
    assert len(set(addresses)) == 6


def _address_change(person: Person, address: str) -> dict[str, object]:
    """The body that completes a change of address, of which the first half is done."""
    issued = confirmation_of(person.patch("/account", {"email": address, "test": True}).json())
    return {"confirm": "emailchange", "confirmation": issued["id"], "check": issued["check"]}


def test_of_many_changes_to_one_set_at_once_none_is_lost(alice: Person) -> None:
    names = ["ankle", "biceps", "chest", "heel", "hips", "inseam", "knee", "neck", "seat", "waist", "wrist"]
    path = f"/sets/{alice.new_set(measies={'chest': 1, 'head': 550})['id']}"
    changes: list[dict[str, Any]] = [{"measies": {name: 100 + number}} for number, name in enumerate(names)]
    changes += [{"measies": {"head": None}}, {"notes": "noted"}, {"public": True}]
    replies = concurrently([partial(alice.patch, path, change) for change in changes])
    assert {reply.status_code for reply in replies} == {200}
    found = alice.get(path).json()["set"]
    assert found["measies"] == {name: 100 + number for number, name in enumerate(names)}
    assert (found["notes"], found["public"]) == ("noted", True)


def test_of_concurrent_deletions_of_a_set_one_succeeds(alice: Person) -> None:
    path = f"/sets/{alice.new_set()['id']}"
    replies = concurrently([partial(alice.delete, path)] * 8)
    assert sorted(reply.status_code for reply in replies) == [204] + [404] * 7


def test_an_account_that_goes_while_it_is_used_leaves_no_trace_and_breaks_nothing(service: Service) -> None:
    person = service.sign_up()
    key = person.new_key()
    made = person.new_set()["id"]
    calls = [partial(key.post, "/sets", {"name": "late"}) for _ in range(8)]
    calls += [partial(key.patch, f"/sets/{made}", {"name": "later"}) for _ in range(4)]
    calls += [partial(person.patch, "/account", {"bio": "latest"}) for _ in range(4)]
    *replies, removal = concurrently([*calls, partial(person.delete, "/account")])
    assert removal.status_code == 200
    assert {reply.status_code for reply in replies} <= {200, 201, 401, 404}
    assert [who.get("/whoami").status_code for who in (person, key)] == [401, 401]


def test_a_key_that_is_rotated_and_revoked_at_once_is_revoked_with_every_secret(alice: Person) -> None:
    for _ in range(3):
        key = alice.new_key()
        rotate = partial(alice.post, f"/apikeys/{key.key}/rotate")
        revoke = partial(alice.post, f"/apikeys/{key.key}/revoke")
        *replies, revoked, again = concurrently([*[rotate] * 4, revoke, revoke])
        assert revoked.json() == again.json()
        assert {reply.status_code for reply in replies} <= {201, 409}
        secrets = [key.secret, *(reply.json()["apikey"]["secret"] for reply in replies if reply.status_code == 201)]
        outcomes = [failure(ApiKey(alice.service, key.key, secret).get("/whoami")) for secret in secrets]
        assert set(outcomes) <= {(401, "keyRevoked"), (401, "unauthorized")}
        # The present secret, and the one before it if there is one.
        assert outcomes.count((401, "keyRevoked")) == min(len(secrets), 2)
        events = alice.get("/account/events").json()["events"]
        assert [event["event"] for event in events if event["key"] == key.key].count("keyRevoked") == 1


def test_of_many_rotations_at_once_one_is_accepted_and_both_secrets_work(alice: Person) -> None:
    key = alice.new_key()
    replies = concurrently([partial(alice.post, f"/apikeys/{key.key}/rotate")] * 8)
    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 7
    (secret,) = [reply.json()["apikey"]["secret"] for reply in replies if reply.status_code == 201]
    holders = [key, ApiKey(alice.service, key.key, secret)]
    assert [holder.get("/whoami").status_code for holder in holders] == [200, 200]


@pytest.mark.parametrize("ended", [{"role": "blocked"}, {"status": -2}], ids=["blocked", "disabled"])
def test_no_key_that_is_created_during_a_block_works_after_it(
    service: Service, alice: Person, admin: Person, ended: dict[str, Any]
) -> None:
    account, restored = f"/admin/user/{alice.id}", {"role": "user", "status": 1}
    calls = [*_creations(alice), partial(admin.patch, account, ended)]
    *replies, block = concurrently(calls)
    assert block.status_code == 200
    assert {reply.status_code for reply in replies} <= {201, 401}
    assert admin.patch(account, {name: restored[name] for name in ended}).status_code == 200
    assert {key.get("/whoami").status_code for key in _created(service, replies)} <= {401}


def test_no_key_that_is_created_while_consent_is_withdrawn_works_after_it(service: Service, alice: Person) -> None:
    *replies, withdrawal = concurrently([*_creations(alice), partial(alice.patch, "/consent", {"consent": 0})])
    assert withdrawal.status_code == 200
    assert {reply.status_code for reply in replies} <= {201, 401, 451}
    assert alice.patch("/consent", {"consent": 1}).status_code == 200
    assert {key.get("/whoami").status_code for key in _created(service, replies)} <= {401}


def _creations(person: Person) -> list[partial[Any]]:
    """Half of them with a token, half with an API key."""
    body = {"name": "a key", "level": 3, "expiresIn": 3600}
    return [partial(caller.post, "/apikeys", body) for caller in (person, person.new_key()) for _ in range(4)]


def _created(service: Service, replies: list[Any]) -> list[ApiKey]:
    made = [reply.json()["apikey"] for reply in replies if reply.status_code == 201]
    return [ApiKey(service, one["key"], one["secret"]) for one in made]


def test_of_two_administrators_that_demote_each_other_at_once_one_succeeds(service: Service) -> None:
    one, other = (service.sign_up("admin") for _ in range(2))
    demote = [partial(a.patch, f"/admin/user/{b.id}", {"role": "user"}) for a, b in ((one, other), (other, one))]
    replies = concurrently(demote)
    assert sorted(reply.status_code for reply in replies) == [200, 403]
    roles = [person.get("/account").json()["account"]["role"] for person in (one, other)]
    assert sorted(roles) == ["admin", "user"]


def test_keys_ended_in_two_ways_at_once_end_once_without_a_deadlock(service: Service, admin: Person) -> None:
    person = service.sign_up("curator")
    keys = [person.new_key(5) for _ in range(6)]
    calls = [partial(person.post, f"/apikeys/{key.key}/revoke") for key in keys]
    calls.append(partial(admin.patch, f"/admin/user/{person.id}", {"role": "user"}))
    assert {reply.status_code for reply in concurrently(calls)} == {200}
    assert {failure(key.get("/whoami")) for key in keys} == {(401, "keyRevoked")}
    events = person.get("/account/events").json()["events"]
    assert [event["event"] for event in events].count("keyRevoked") == 6
