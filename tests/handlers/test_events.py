"""The record of what happened to an account's security: every kind of event, for its owner alone."""

from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from sqlalchemy import func, select

from services.auth import api_secrets
from storage.schema.fair_use import events
from storage.security_log import ACCOUNT_RESTRICTED, SIGN_IN_FAILED
from tests.handlers.accounts import asked_for_change, patched, sign_in
from tests.handlers.database import execute
from tests.handlers.reading import failure, new_test_address
from tests.matrix import both_engines
from tests.service import PASSWORD, Person, Service

Event = dict[str, Any]


def events_of(person: Person, event: str = "") -> list[Event]:
    """Return the events of the account, newest first; only those of one kind if it is given."""
    found: list[Event] = person.get("/account/events").json()["events"]
    return [one for one in found if event in ("", one["event"])]


def essentials(event: Event) -> tuple[Any, ...]:
    """What an event says of itself."""
    return event["event"], event["by"], event["key"], event["details"]


def count_events(service: Service, user_id: int, event: str) -> int:
    """How many events of one kind an account has that cannot be asked any more."""
    wanted = select(func.count()).where(events.c.user_id == user_id, events.c.event == event)
    return int(execute(service, wanted)[0][0])


def test_the_life_of_a_key_is_kept_step_by_step(service: Service, alice: Person) -> None:
    key = alice.new_key(3)
    until = alice.post(f"/apikeys/{key.key}/rotate").json()["apikey"]["previousUntil"]
    alice.post(f"/apikeys/{key.key}/revoke")
    alice.delete(f"/apikeys/{key.key}")
    found = alice.new_key()
    service.http.post("/apikeys/leaked", json={"key": found.key, "secret": found.secret})
    assert [essentials(event) for event in events_of(alice)[:-1]] == [
        ("keyRevoked", "system", found.key, {"revokedBy": "leak"}),
        ("keyLeaked", "system", found.key, {}),
        ("keyCreated", "owner", found.key, {"level": 4}),
        ("keyRemoved", "owner", key.key, {}),
        ("keyRevoked", "owner", key.key, {"revokedBy": "owner"}),
        ("keyRotated", "owner", key.key, {"previousUntil": until}),
        ("keyCreated", "owner", key.key, {"level": 3}),
    ]


def test_an_event_names_the_request_in_which_it_happened(service: Service, alice: Person) -> None:
    patched(alice, {"password": PASSWORD})
    replies = [
        alice.post("/apikeys", {"name": "x", "level": 1, "expiresIn": 60}),
        sign_in(service, alice.id),
        sign_in(service, alice.id, "wrong"),
    ]
    assert [event["requestId"] for event in reversed(events_of(alice)[:3])] == [
        reply.headers["x-request-id"] for reply in replies
    ]


def test_a_report_that_is_not_right_leaves_no_trace(service: Service, alice: Person) -> None:
    key = alice.new_key()
    before = events_of(alice)
    service.http.post("/apikeys/leaked", json={"key": key.key, "secret": api_secrets.new_secret()})
    assert events_of(alice) == before


def test_sign_ins_are_kept_with_their_means(service: Service, alice: Person) -> None:
    patched(alice, {"password": PASSWORD})
    assert sign_in(service, alice.id).status_code == 200
    link = service.http.post("/signup", json={"email": alice.email, "language": "en", "test": True}).json()
    path = f"/signinlink/{link['confirmation']}"
    assert service.http.post(path, json={"check": link["check"]}).status_code == 200
    assert [essentials(event) for event in events_of(alice, "signedIn")] == [
        ("signedIn", "owner", None, {"means": means, "mfa": False}) for means in ("link", "password", "signUp")
    ]


def test_failed_sign_ins_are_kept_once_a_minute_and_only_for_accounts_that_there_are(
    service: Service, alice: Person, bob: Person
) -> None:
    patched(alice, {"password": PASSWORD})
    for _ in range(3):
        assert sign_in(service, alice.id, "wrong").status_code == 401
    assert sign_in(service, "nobody at all", "wrong").status_code == 401
    assert [essentials(event) for event in events_of(alice, "signInFailed")] == [("signInFailed", "system", None, {})]
    assert events_of(bob, "signInFailed") == []


def test_a_wrong_second_factor_is_a_failed_sign_in_and_a_right_one_is_recorded(
    service: Service, alice: Person
) -> None:
    patched(alice, {"password": PASSWORD})
    secret = alice.post("/account/mfa", {"mfa": True}).json()["mfa"]["secret"]
    body = {"mfa": True, "secret": secret, "token": pyotp.TOTP(secret).now()}
    codes = alice.post("/account/mfa", body).json()["scratchCodes"]
    assert sign_in(service, alice.id, token="000000").status_code == 401
    assert count_events(service, alice.id, SIGN_IN_FAILED) == 1
    assert sign_in(service, alice.id, token=codes[0]).status_code == 200
    assert events_of(alice)[0]["details"] == {"means": "password", "mfa": True}
    off = {"mfa": False, "password": PASSWORD, "token": codes[1]}
    assert alice.post("/account/mfa", off).status_code == 200
    kinds = [event["event"] for event in events_of(alice)]
    assert (kinds[0], kinds[-3]) == ("mfaDisabled", "mfaEnabled")


def test_changes_of_password_address_and_consent_are_kept(alice: Person) -> None:
    patched(alice, {"password": PASSWORD})
    patched(alice, asked_for_change(alice, new_test_address()))
    patched(alice, {"consent": 3})
    patched(alice, {"consent": 3, "bio": "nothing that matters here"})
    assert [essentials(event) for event in events_of(alice)[:-1]] == [
        ("consentChanged", "owner", None, {"before": 2, "after": 3}),
        ("emailChanged", "owner", None, {}),
        ("passwordChanged", "owner", None, {}),
    ]


def test_a_change_that_is_refused_leaves_no_event(alice: Person) -> None:
    before = events_of(alice)
    body = {"confirm": "emailchange", "confirmation": "0a7d1c1e-54a5-4cf7-8f0e-9c7ab7a0d5b4", "check": "0" * 40}
    assert alice.patch("/account", body).status_code == 404
    assert alice.patch("/account", {"password": PASSWORD, "data": {"x" * 101: 1}}).status_code == 400
    assert events_of(alice) == before


def test_events_caused_by_staff_do_not_name_the_administrator(service: Service, alice: Person, admin: Person) -> None:
    key = alice.new_key()
    acting = admin.get(f"/admin/impersonate/{alice.id}").json()["token"]
    Person(service, alice.id, alice.email, acting).delete(f"/apikeys/{key.key}?reason=x")
    kept = alice.new_key()
    admin.post(f"/apikeys/{kept.key}/revoke", {"reason": "x"})
    admin.patch(f"/admin/user/{alice.id}", {"role": "curator"})
    recorded = [essentials(event) for event in events_of(alice)[:-1]]
    assert recorded == [
        ("roleChanged", "staff", None, {"before": "user", "after": "curator"}),
        ("keyRevoked", "staff", kept.key, {"revokedBy": "staff"}),
        ("keyCreated", "owner", kept.key, {"level": 4}),
        ("keyRemoved", "staff", key.key, {}),
        ("keyRevoked", "staff", key.key, {"revokedBy": "staff"}),
        ("impersonated", "staff", None, {}),
        ("keyCreated", "owner", key.key, {"level": 4}),
    ]
    assert admin.email not in alice.get("/account/events").text


CHANGES: dict[str, Callable[[Person, Person], object]] = {
    "statusChanged": lambda person, admin: admin.patch(f"/admin/user/{person.id}", {"status": -2}),
    "consentChanged": lambda person, admin: admin.patch(f"/admin/user/{person.id}", {"consent": 0}),
    ACCOUNT_RESTRICTED: lambda person, admin: person.post("/account/restrict"),
}


@pytest.mark.parametrize("event", CHANGES)
def test_what_ends_all_keys_is_kept_and_so_is_the_end_of_each(
    service: Service, alice: Person, admin: Person, event: str
) -> None:
    for _ in range(2):
        alice.new_key()
    CHANGES[event](alice, admin)
    assert count_events(service, alice.id, event) == 1
    assert count_events(service, alice.id, "keyRevoked") == 2


@both_engines
def test_events_are_walked_back_in_time_and_those_of_others_are_never_seen(alice: Person, bob: Person) -> None:
    made = [alice.new_key().key for _ in range(5)]
    bob.new_key()
    walked = alice.every("/account/events?limit=2", "events")
    assert [event["key"] for event in walked] == [*reversed(made), None]
    assert len({event["id"] for event in walked}) == 6
    seen = {event["id"] for event in events_of(alice)}
    assert seen.isdisjoint(event["id"] for event in events_of(bob))
    assert failure(alice.new_key(1).get("/account/events")) == (403, "insufficientAccessLevel")


def test_an_export_holds_the_events(service: Service, alice: Person) -> None:
    alice.new_key()
    held = service.http.get(alice.get("/account/export").json()["data"]).json()
    assert held["events"] == events_of(alice)
