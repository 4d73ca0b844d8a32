"""The limit of mails to one address, from all senders together."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.handlers.reading import mail_to, mails_to, new_address
from tests.limits.conftest import settings
from tests.service import Person, Service


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server that sends few mails to one address."""
    service = Service(tmp_path_factory.mktemp("quiet"), **settings(notices_to=2, mails=30, staff_mails=3))
    try:
        yield service.start()
    finally:
        service.close()


def subjects(service: Service, person: Person) -> list[str]:
    """The subjects of the mails to the person, oldest first."""
    return [str(mail["Subject"]) for mail in mails_to(service, person.email)]


def test_a_flood_of_one_notice_suppresses_neither_other_notices_nor_links(quiet: Service) -> None:
    alice = quiet.sign_up()
    for _ in range(4):
        alice.post(f"/apikeys/{alice.new_key().key}/revoke")
    alice.patch("/account", {"email": new_address()})
    quiet.http.post("/signinlink", json={"username": alice.email})
    # Mails are sent in the order in which they were queued.
    mail_to(quiet, alice.email, number=4)
    revoked, other, link = subjects(quiet, alice)[:2], *subjects(quiet, alice)[2:]
    assert all("was revoked" in subject for subject in revoked)
    assert "is about to change" in other and "sign-in link" in link


def violated(reply: httpx2.Response) -> list[str]:
    """The policies of which a quota is used up."""
    assert reply.status_code == 429, reply.text
    policies: list[str] = reply.json()["violated-policies"]
    return policies


def test_mails_to_one_address_are_limited_by_kind_for_all_senders_together(quiet: Service) -> None:
    alice, bob = quiet.sign_up(), quiet.sign_up()
    statuses = [alice.patch("/account", {"email": bob.email}).status_code for _ in range(3)]
    assert statuses == [200] * 3
    for person in (alice, quiet.sign_up()):
        assert violated(person.patch("/account", {"email": bob.email})) == ["mails-to"]
    body = {"email": bob.email, "language": "en"}
    assert [quiet.http.post("/subscriber", json=body).status_code for _ in range(3)] == [200] * 3
    assert violated(quiet.http.post("/subscriber", json=body)) == ["mails-to"]
    # Bob's own mails are not used up.
    assert quiet.http.post("/signup", json=body).status_code == 201
    assert quiet.http.post("/signinlink", json={"username": bob.email}).status_code == 200
    assert quiet.http.post("/subscriber/remove", json=body).status_code == 200


def test_one_account_is_limited_whatever_addresses_it_names(quiet: Service) -> None:
    alice = quiet.sign_up()
    statuses = [alice.patch("/account", {"email": new_address()}).status_code for _ in range(30)]
    assert statuses == [200] * 30
    assert violated(alice.patch("/account", {"email": new_address()})) == ["mails"]


def test_requests_that_are_created_and_deleted_mail_administrators_within_limits(quiet: Service) -> None:
    admin = quiet.sign_up("admin")
    wish = {"policy": "account-day", "quota": 5, "purpose": "A study of fit.", "days": 3}

    def create_and_delete(person: Person) -> httpx2.Response:
        reply = person.post("/quota-requests", wish)
        if reply.status_code == 201:
            person.delete(f"/quota-requests/{reply.json()['request']['id']}")
        return reply

    alice, bob = quiet.sign_up(), quiet.sign_up()
    assert [create_and_delete(alice).status_code for _ in range(3)] == [201] * 3
    assert violated(create_and_delete(alice)) == ["staff-mails"]
    assert create_and_delete(bob).status_code == 201
    quiet.http.post("/signinlink", json={"username": admin.email})
    # Mails are sent in the order in which they were queued.
    mail_to(quiet, admin.email, number=3)
    assert ["sign-in link" in subject for subject in subjects(quiet, admin)] == [False, False, True]


def test_a_suggestion_that_would_not_be_mailed_is_rejected(quiet: Service) -> None:
    statuses = [
        quiet.sign_up().post("/flows/language-suggestion", {"language": "Esperanto"}).status_code for _ in range(2)
    ]
    assert statuses == [200, 200]
    third = quiet.sign_up()
    assert violated(third.post("/flows/language-suggestion", {"language": "Esperanto"})) == ["notices-to"]
