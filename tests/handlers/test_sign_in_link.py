"""Signing in by link: under every name, once, and every way to be refused."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from core import clock
from storage.schema.tables import confirmations
from tests.handlers.accounts import account_of
from tests.handlers.database import change_account, execute
from tests.handlers.reading import (
    failure,
    link_in,
    mail_to,
    mails_to,
    new_address,
    new_test_address,
    parts_of,
)
from tests.handlers.signing_in import FAILED, KEPT_OUT, NAMES, with_password
from tests.matrix import both_engines
from tests.service import Credentials, Person, Service, confirmation_of

CHECK = "0" * 40
NOBODYS = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def alice(service: Service) -> Person:
    """A user with a password and a chosen user name."""
    return with_password(service)


def link_for(person: Person) -> tuple[str, str]:
    """Id and check of a sign-in link that they asked for."""
    reply = person.service.http.post("/signinlink", json={"username": person.email})
    assert (reply.status_code, reply.json()) == (200, {"result": "emailSent"})
    mail = mail_to(person.service, person.email)
    _, confirmation, check = parts_of(link_in(mail))
    return confirmation, check


def test_a_link_signs_in_once_with_all_of_it_in_the_path(service: Service, alice: Person) -> None:
    confirmation, check = link_for(alice)
    reply = service.http.post(f"/signinlink/{confirmation}/{check}")
    assert reply.json()["account"]["id"] == alice.id
    token = reply.json()["token"]
    assert Credentials(service, f"Bearer {token}").get("/whoami").status_code == 200
    assert failure(service.http.post(f"/signinlink/{confirmation}/{check}")) == (404, "notFound")


def test_a_link_signs_in_once_with_the_check_in_the_body(service: Service, alice: Person) -> None:
    confirmation, check = link_for(alice)
    for token, expected in ((False, 200), (False, 404), ("", 404)):
        reply = service.http.post(f"/signinlink/{confirmation}", json={"check": check, "token": token})
        assert reply.status_code == expected


def test_the_link_of_the_mail_leads_to_this_server(service: Service, alice: Person) -> None:
    service.http.post("/signinlink", json={"username": str(alice.id)})
    link = link_in(mail_to(service, alice.email))
    assert link.startswith(f"{service.url}/confirm/signin/")
    assert service.http.get(link).status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_an_account_gets_a_link(service: Service, alice: Person, name: str) -> None:
    reply = service.http.post("/signinlink", json={"username": NAMES[name](account_of(alice))})
    assert reply.json() == {"result": "emailSent"}
    mail_to(service, alice.email)


@both_engines
def test_of_concurrent_uses_of_a_link_one_succeeds(service: Service, alice: Person) -> None:
    confirmation, check = link_for(alice)
    with ThreadPoolExecutor(6) as pool:
        replies = pool.map(lambda check: service.http.post(f"/signinlink/{confirmation}/{check}"), [check] * 6)
        assert sorted(reply.status_code for reply in replies) == [200] + [404] * 5


def test_the_link_of_a_repeated_sign_up_signs_in_once(service: Service, alice: Person) -> None:
    body = {"email": alice.email, "language": "en", "test": True}
    confirmation = confirmation_of(service.http.post("/signup", json=body).json())
    path = f"/signinlink/{confirmation['id']}/{confirmation['check']}"
    assert [service.http.post(path).status_code for _ in range(2)] == [200, 404]


def test_a_wrong_check_is_an_unknown_link_and_uses_nothing_up(service: Service, alice: Person) -> None:
    confirmation, check = link_for(alice)
    attempts = [
        service.http.post(f"/signinlink/{confirmation}/{CHECK}"),
        service.http.post(f"/signinlink/{confirmation}/wrong"),
        service.http.post(f"/signinlink/{confirmation}", json={"check": CHECK}),
        service.http.post(f"/signinlink/{NOBODYS}/{check}"),
        service.http.post(f"/signinlink/{NOBODYS}", json={"check": check}),
    ]
    assert [failure(attempt) for attempt in attempts] == [(404, "notFound")] * 5
    assert service.http.post(f"/signinlink/{confirmation}/{check}").status_code == 200


def test_a_confirmation_of_another_kind_does_not_sign_in(service: Service, alice: Person) -> None:
    body = {"email": new_test_address(), "language": "en", "test": True}
    others = [
        confirmation_of(service.http.post("/signup", json=body).json()),
        confirmation_of(alice.patch("/account", {"email": new_test_address(), "test": True}).json()),
    ]
    for other in others:
        assert failure(service.http.post(f"/signinlink/{other['id']}/{other['check']}")) == (404, "notFound")
        reply = service.http.post(f"/signinlink/{other['id']}", json={"check": other["check"]})
        assert failure(reply) == (404, "notFound")


def test_a_link_ends_after_its_hour(service: Service, alice: Person) -> None:
    confirmation, check = link_for(alice)
    past = clock.now() - timedelta(seconds=1)
    execute(service, update(confirmations).values(expires_at=past).where(confirmations.c.id == UUID(confirmation)))
    assert failure(service.http.post(f"/signinlink/{confirmation}/{check}")) == (404, "notFound")


@pytest.mark.parametrize("columns", KEPT_OUT, ids=str)
def test_an_account_that_cannot_sign_in_gets_no_link_and_cannot_use_an_older_one(
    service: Service, alice: Person, bob: Person, columns: dict[str, Any]
) -> None:
    confirmation, check = link_for(alice)
    change_account(service, alice.id, **columns)
    assert failure(service.http.post(f"/signinlink/{confirmation}/{check}")) == FAILED
    answers = [
        service.http.post("/signinlink", json={"username": username})
        for username in (alice.email, new_address(), "nobody", "999999999", bob.email)
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b'{"result":"emailSent"}')] * 5
    mail_to(service, bob.email)  # sent in turn: one to Alice would have come first
    assert len(mails_to(service, alice.email)) == 1


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/signinlink", None, "postBodyMissing"),
        ("/signinlink", {}, "postBodyMissing"),
        ("/signinlink", {"name": "x"}, "usernameMissing"),
        ("/signinlink", {"username": ""}, "usernameMissing"),
        ("/signinlink", {"username": None}, "usernameMissing"),
        (f"/signinlink/{NOBODYS}", None, "postBodyMissing"),
        (f"/signinlink/{NOBODYS}", {}, "postBodyMissing"),
        (f"/signinlink/{NOBODYS}", {"token": False}, "validationFailed"),
    ],
)
def test_an_incomplete_link_request_is_refused_by_its_code(
    service: Service, path: str, body: dict[str, Any] | None, code: str
) -> None:
    reply = service.http.post(path, json=body) if body is not None else service.http.post(path)
    assert failure(reply) == (400, code)


def test_a_new_password_ends_the_links_that_were_mailed_before(service: Service, alice: Person) -> None:
    confirmation, check = link_for(alice)
    alice.patch("/account", {"password": "another password"})
    assert failure(service.http.post(f"/signinlink/{confirmation}/{check}")) == (404, "notFound")


def test_a_wrong_check_of_any_form_is_answered_like_an_unknown_link(service: Service, alice: Person) -> None:
    confirmation, _ = link_for(alice)
    for check in ("", "0" * 40, "no hexadecimal at all", "ü" * 40):
        reply = service.http.post(f"/signinlink/{confirmation}", json={"check": check})
        assert failure(reply) == (404, "notFound")
