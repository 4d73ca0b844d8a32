"""Asking for a higher quota, and what comes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import func, select

from storage.schema.fair_use import quota_requests, quotas
from storage.schema.tables import acts
from tests.handlers.database import execute
from tests.handlers.reading import failure, mail_to, mails_to
from tests.handlers.test_quotas import of_account, of_key, put
from tests.service import Credentials, Person, Service

WISH = {"policy": "account-day", "quota": 200_000, "purpose": "A study of fit.", "days": 30}
NO_KEY = "5b0a6a0e-3f0b-4b52-9d3c-6a8d5d0c1b2e"


def ask(who: Credentials, **fields: Any) -> httpx2.Response:
    """Ask for more."""
    return who.post("/quota-requests", {**WISH, **fields})


def asked(who: Credentials, **fields: Any) -> dict[str, Any]:
    """A request that is open."""
    reply = ask(who, **fields)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()["request"]
    return made


def decide(admin: Person, request: dict[str, Any], state: str, **fields: Any) -> httpx2.Response:
    """Answer a request."""
    return admin.patch(f"/admin/quota-requests/{request['id']}", {"state": state, "answer": "Go ahead.", **fields})


def text_of(service: Service, person: Person) -> str:
    """Return the plain text of the one mail to the person."""
    body = mail_to(service, person.email).get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def test_a_granted_quota_request_is_in_effect_at_once(service: Service, admin: Person, alice: Person) -> None:
    key = alice.new_key().key
    made = asked(alice, key=key, policy="day")
    assert made == {
        "id": made["id"],
        "createdAt": made["createdAt"],
        "userId": alice.id,
        "key": key,
        **WISH,
        "policy": "day",
        "state": "open",
        "decidedAt": None,
        "answer": None,
    }
    path = f"/quota-requests/{made['id']}"
    assert alice.get(path).json() == {"result": "success", "request": made}
    assert made in admin.every("/admin/quota-requests", "requests")
    reply = decide(admin, made, "granted")
    decided = reply.json()["request"]
    assert reply.status_code == 200
    assert decided == {**made, "state": "granted", "answer": "Go ahead.", "decidedAt": decided["decidedAt"]}
    assert alice.get(path).json()["request"] == decided
    assert alice.get("/quota-requests").json()["requests"] == [decided]
    held = of_key(service, key)["day"]
    in_a_month = datetime.now(UTC) + timedelta(days=30)
    assert held["quota"] == 200_000
    assert abs(held["until"] - in_a_month.timestamp()) < 300
    (quota,) = admin.get(f"/admin/quotas?user={alice.id}").json()["quotas"]
    assert (quota["key"], quota["reason"], quota["setBy"]) == (key, "Go ahead.", admin.id)
    text = text_of(service, alice)
    assert f"Granted: 200000 units a day for one API key ({key})" in text
    assert f"Until: {quota['until'][:10]}" in text
    assert "Answer: Go ahead." in text
    assert made["id"] not in [one["id"] for one in admin.every("/admin/quota-requests", "requests")]
    assert decided in admin.every("/admin/quota-requests?state=granted", "requests")


def test_another_quota_and_time_than_wished_can_be_granted(service: Service, admin: Person, alice: Person) -> None:
    decided = decide(admin, asked(alice), "granted", quota=0, days=1).json()["request"]
    assert (decided["quota"], decided["days"]) == (0, 1)
    held = of_account(service, alice)["account-day"]
    assert held["quota"] == 0
    assert held["until"] < (datetime.now(UTC) + timedelta(days=2)).timestamp()
    changes = execute(service, select(acts.c.changes).where(acts.c.subject_id == alice.id))[0][0]
    assert changes == {"state": ["open", "granted"], "quota": [200_000, 0], "days": [30, 1]}


def test_a_declined_request_is_mailed_in_the_owners_language_and_changes_nothing(
    service: Service, admin: Person
) -> None:
    person = service.sign_up(language="de")
    decided = decide(admin, asked(person), "declined", answer="<b>nein</b> {service}", quota=5).json()["request"]
    assert (decided["state"], decided["quota"], decided["answer"]) == ("declined", 200_000, "<b>nein</b> {service}")
    assert of_account(service, person) is None
    text = text_of(service, person)
    assert "Gewünscht: 200000 Einheiten am Tag für das ganze Konto" in text
    assert "<b>nein</b> {service}" in text
    html = mail_to(service, person.email).get_body(("html",))
    assert html is not None and "&lt;b&gt;nein" in html.get_content()
    assert ask(person).status_code == 201


def test_an_answer_is_given_once(service: Service, admin: Person, alice: Person) -> None:
    made = asked(alice)
    assert decide(admin, made, "declined").status_code == 200
    for state in ("granted", "declined"):
        assert failure(decide(admin, made, state)) == (409, "requestDecided")
    assert failure(alice.delete(f"/quota-requests/{made['id']}")) == (409, "requestDecided")
    assert of_account(service, alice) is None
    assert len(mails_to(service, alice.email)) <= 1


def test_an_open_request_can_be_withdrawn(admin: Person, alice: Person) -> None:
    made = asked(alice)
    path = f"/quota-requests/{made['id']}"
    assert alice.delete(path).status_code == 204
    for reply in (alice.get(path), alice.delete(path), decide(admin, made, "granted")):
        assert failure(reply) == (404, "notFound")
    assert alice.get("/quota-requests").json()["requests"] == []
    assert ask(alice).status_code == 201


def test_requests_of_others_are_not_found(admin: Person, alice: Person, bob: Person) -> None:
    path = f"/quota-requests/{asked(alice)['id']}"
    for other in (bob, admin):
        for reply in (other.get(path), other.delete(path)):
            assert failure(reply) == (404, "notFound")
    assert bob.get("/quota-requests").json()["requests"] == []
    assert alice.get(path).json()["request"]["state"] == "open"


def test_a_quota_cannot_be_requested_for_a_key_of_another_or_a_revoked_one(alice: Person, bob: Person) -> None:
    key = bob.new_key().key
    assert failure(ask(alice, policy="day", key=key)) == (404, "notFound")
    bob.delete(f"/apikeys/{key}")
    assert failure(ask(bob, policy="day", key=key)) == (404, "notFound")
    assert failure(ask(bob, policy="day", key=str(uuid4()))) == (404, "notFound")


def test_a_request_for_a_key_revoked_since_can_only_be_declined(admin: Person, alice: Person) -> None:
    key = alice.new_key().key
    made = asked(alice, policy="burst", key=key)
    alice.delete(f"/apikeys/{key}")
    assert failure(decide(admin, made, "granted")) == (404, "notFound")
    assert alice.get(f"/quota-requests/{made['id']}").json()["request"]["state"] == "open"
    assert decide(admin, made, "declined").status_code == 200


def test_one_request_for_each_quota_can_be_open(alice: Person) -> None:
    one, other = alice.new_key().key, alice.new_key().key
    for fields in ({}, {"policy": "account-burst"}, {"policy": "day", "key": one}, {"policy": "day", "key": other}):
        asked(alice, **fields)
        assert failure(ask(alice, **fields)) == (409, "requestOpen")


def test_the_eleventh_request_is_refused_until_one_is_answered(admin: Person, alice: Person) -> None:
    keys = [alice.new_key().key for _ in range(5)]
    made = [asked(alice, policy=policy, key=key) for key in keys for policy in ("burst", "day")]
    assert failure(ask(alice)) == (409, "requestOpen")
    decide(admin, made[0], "declined")
    assert ask(alice).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"policy": "day"},
        {"key": NO_KEY},
        {"policy": "anonymous"},
        {"quota": -1},
        {"quota": 1_000_000_001},
        {"quota": 1.5},
        {"purpose": ""},
        {"purpose": "x" * 2001},
        {"days": 0},
        {"days": 367},
        {"days": None},
    ],
    ids=lambda change: str(change)[:40],
)
def test_a_wish_that_cannot_be_is_refused(alice: Person, change: dict[str, Any]) -> None:
    assert failure(ask(alice, **change)) == (400, "validationFailed")
    assert alice.get("/quota-requests").json()["requests"] == []


@pytest.mark.parametrize("change", [{"answer": ""}, {"answer": "x" * 1001}, {"days": 0}], ids=str)
def test_an_answer_that_cannot_be_is_refused(admin: Person, alice: Person, change: dict[str, Any]) -> None:
    made = asked(alice)
    assert failure(decide(admin, made, "open")) == (400, "validationFailed")
    assert failure(decide(admin, made, "granted", **change)) == (400, "validationFailed")
    assert alice.get(f"/quota-requests/{made['id']}").json()["request"] == made


def test_an_impersonating_administrator_cannot_request_a_quota(
    service: Service, admin: Person, alice: Person
) -> None:
    token = admin.get(f"/admin/impersonate/{alice.id}").json()["token"]
    assert failure(ask(Credentials(service, f"Bearer {token}"))) == (403, "insufficientAccessLevel")


def test_requests_are_in_the_export_and_go_with_the_account(service: Service, admin: Person, alice: Person) -> None:
    made = asked(alice)
    put(admin, user=alice.id, policy="account-burst")
    file = service.http.get(alice.get("/account/export").json()["data"]).json()
    assert file["quotaRequests"] == [made]
    assert alice.delete("/account").status_code == 200
    for table in (quota_requests, quotas):
        query = select(func.count()).select_from(table).where(table.c.user_id == alice.id)
        assert execute(service, query)[0][0] == 0
    assert failure(decide(admin, made, "granted")) == (404, "notFound")


def test_open_requests_are_walked_while_others_come_and_go(service: Service, admin: Person) -> None:
    owners = [service.sign_up() for _ in range(8)]
    made = [asked(owner)["id"] for owner in owners]
    seen: list[str] = []
    path = "/admin/quota-requests?limit=3"
    while path:
        reply = admin.get(path)
        seen += [one["id"] for one in reply.json()["requests"]]
        path = reply.links.get("next", {}).get("url", "")
        if owners:
            assert owners.pop().delete(f"/quota-requests/{made[len(owners)]}").status_code == 204
            if len(owners) > 5:
                asked(service.sign_up())
    assert len(seen) == len(set(seen))
    assert set(made[: len(owners)]) <= set(seen)


def test_a_page_of_answered_requests_leads_to_answered_ones(admin: Person, alice: Person) -> None:
    for _ in range(3):
        decide(admin, asked(alice), "declined")
    listed = admin.every("/admin/quota-requests?state=declined&limit=1", "requests")
    assert len(listed) >= 3 and {one["state"] for one in listed} == {"declined"}
