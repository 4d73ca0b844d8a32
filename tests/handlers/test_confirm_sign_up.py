"""Confirming an account: once, with consent, and only its own kind of confirmation."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from core import clock
from storage.schema.tables import confirmations
from tests.handlers.database import change_account, execute
from tests.handlers.reading import failure, link_in, mail_to, new_test_address, parts_of
from tests.handlers.signing_up import sign_up
from tests.matrix import both_engines
from tests.service import Person, Service, confirmation_of

CHECK = "0" * 40


@pytest.fixture
def pending(service: Service) -> dict[str, str]:
    """The confirmation of a new sign-up."""
    return confirmation_of(sign_up(service, new_test_address(), test=True))


@pytest.mark.parametrize("with_check", [True, False])
def test_a_confirmation_works_once_with_its_check_or_without_one(
    service: Service, pending: dict[str, str], with_check: bool
) -> None:
    body = {"consent": 1, "check": pending["check"]} if with_check else {"consent": 1}
    path = f"/confirm/signup/{pending['id']}"
    assert service.http.post(path, json=body).status_code == 200
    assert failure(service.http.post(path, json=body)) == (404, "notFound")
    assert failure(service.http.get(f"/confirmations/{pending['id']}/{pending['check']}")) == (404, "notFound")


def test_a_wrong_check_is_an_unknown_confirmation_and_uses_nothing_up(
    service: Service, pending: dict[str, str]
) -> None:
    path = f"/confirm/signup/{pending['id']}"
    assert failure(service.http.post(path, json={"consent": 1, "check": CHECK})) == (404, "notFound")
    assert failure(service.http.get(f"/confirmations/{pending['id']}/{CHECK}")) == (404, "notFound")
    assert service.http.post(path, json={"consent": 1, "check": pending["check"]}).status_code == 200


def test_only_a_sign_up_can_be_confirmed_as_one(service: Service, alice: Person) -> None:
    service.http.post("/signinlink", json={"username": alice.email})
    _, link, _ = parts_of(link_in(mail_to(service, alice.email)))
    change = alice.patch("/account", {"email": new_test_address(), "test": True}).json()["confirmation"]
    change_account(service, alice.id, status=0)  # as if she had not confirmed yet: the kind alone is wrong
    for confirmation in (link, change, str(uuid4()), "12", "not-an-id"):
        reply = service.http.post(f"/confirm/signup/{confirmation}", json={"consent": 1})
        assert failure(reply) == (404, "notFound")


def test_a_confirmation_ends_after_its_days(service: Service, pending: dict[str, str]) -> None:
    past = clock.now() - timedelta(seconds=1)
    execute(service, update(confirmations).values(expires_at=past).where(confirmations.c.id == UUID(pending["id"])))
    reply = service.http.post(f"/confirm/signup/{pending['id']}", json={"consent": 1})
    assert failure(reply) == (404, "notFound")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "postBodyMissing"),
        ({}, "postBodyMissing"),
        ({"test": True}, "consentRequired"),
        *(({"consent": consent}, "consentRequired") for consent in (None, 0, 4, -1, 1.5, "2", True, [1])),
    ],
    ids=str,
)
def test_without_consent_nothing_is_confirmed(
    service: Service, pending: dict[str, str], body: dict[str, Any] | None, code: str
) -> None:
    path = f"/confirm/signup/{pending['id']}"
    reply = service.http.post(path, json=body) if body is not None else service.http.post(path)
    assert failure(reply) == (400, code)
    assert service.http.get(f"/confirmations/{pending['id']}/{pending['check']}").status_code == 200


@both_engines
def test_of_concurrent_confirmations_one_succeeds(service: Service, pending: dict[str, str]) -> None:
    with ThreadPoolExecutor(6) as pool:
        path = f"/confirm/signup/{pending['id']}"
        replies = pool.map(lambda consent: service.http.post(path, json={"consent": consent}), [1, 2, 3] * 2)
        assert sorted(reply.status_code for reply in replies) == [200] + [404] * 5


@both_engines
def test_concurrent_sign_ups_with_one_address_share_one_account(service: Service) -> None:
    address = new_test_address()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: sign_up(service, address, test=True), range(6)))
    replies = [
        service.http.post(f"/confirm/signup/{answer['confirmation']}", json={"consent": 1}) for answer in answers
    ]
    assert sorted(reply.status_code for reply in replies) == [200] + [404] * 5
