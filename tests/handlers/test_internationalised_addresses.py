"""Addresses with internationalised domains: one account, whichever form is sent; A-labels are stored and mailed."""

from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select

from storage.schema.tables import accounts, subscribers
from tests.handlers.accounts import account_of, patched, sign_in
from tests.handlers.database import execute
from tests.handlers.reading import failure, link_in, mail_to, new_address, parts_of
from tests.handlers.signing_up import sign_up
from tests.handlers.test_imports import imported, subscribe, v2_account
from tests.service import PASSWORD, Credentials, Person, Service

ENTERED, A_LABELS = "bücher.example", "xn--bcher-kva.example"


def both_forms() -> tuple[str, str]:
    """An address that has no account, as it is entered, and with A-labels."""
    local = new_address().partition("@")[0]
    return f"{local}@{ENTERED}", f"{local}@{A_LABELS}"


def signed_up(service: Service, address: str, mailed_to: str) -> Person:
    """The account that the link in the mail to the other form confirms, with a password."""
    assert sign_up(service, address)["email"] == address
    _, confirmation, check = parts_of(link_in(mail_to(service, mailed_to)))
    answer = service.http.post(f"/confirm/signup/{confirmation}", json={"consent": 2, "check": check}).json()
    person = Person(service, answer["account"]["id"], address, answer["token"])
    patched(person, {"password": PASSWORD})
    return Person(service, person.id, address, sign_in(service, address).json()["token"])


def test_both_forms_of_an_address_are_one_account(service: Service, admin: Person) -> None:
    entered, ascii_form = both_forms()
    person = signed_up(service, entered, ascii_form)
    account = account_of(person)
    assert (account["email"], account["initial"]) == (entered, entered)
    assert account["ehash"] == account["ihash"] == sha256(ascii_form.encode()).hexdigest()
    assert execute(service, select(accounts.c.email).where(accounts.c.id == person.id))[0].email == ascii_form
    for form in (entered, ascii_form, entered.upper()):
        assert sign_in(service, form).json()["account"]["id"] == person.id
        found = admin.post("/admin/search/users", {"q": form})
        assert [hit["id"] for hit in found.json()["users"]["ehash"]] == [person.id]
    assert sign_up(service, ascii_form)["email"] == entered
    mail = mail_to(service, ascii_form, number=2)
    assert "/confirm/signin/" in link_in(mail)


def test_a_change_to_such_an_address_is_mailed_to_its_a_labels(service: Service, alice: Person) -> None:
    entered, ascii_form = both_forms()
    alice.patch("/account", {"email": entered})
    assert alice.get("/account/email-change").json()["emailChange"]["email"] == entered
    _, confirmation, check = parts_of(link_in(mail_to(service, ascii_form)))
    body = {"confirm": "emailchange", "confirmation": confirmation, "check": check}
    assert patched(alice, body)["email"] == entered
    # The other form is the present address: no change begins.
    alice.patch("/account", {"email": ascii_form})
    assert alice.get("/account/email-change").json()["emailChange"] is None


def test_a_subscription_is_one_for_both_forms(service: Service, admin: Person) -> None:
    entered, ascii_form = both_forms()
    reply = service.http.post("/subscriber", json={"email": entered, "language": "en"})
    assert reply.json()["data"]["email"] == entered
    _, uuid, ehash = parts_of(link_in(mail_to(service, ascii_form)))
    assert ehash == sha256(ascii_form.encode()).hexdigest()
    confirmed = service.http.put("/subscriber", json={"id": uuid, "ehash": ehash})
    assert confirmed.json()["data"]["email"] == entered
    stored = [row.email for row in execute(service, select(subscribers.c.email).where(subscribers.c.active))]
    assert ascii_form in stored and entered not in stored
    listed = admin.get("/admin/subscribers").json()["subscribers"]["en"]
    assert entered in [subscriber["email"] for subscriber in listed]
    service.http.post("/subscriber", json={"email": ascii_form, "language": "en"})
    assert "/confirm/unsubscribe/" in link_in(mail_to(service, ascii_form, number=2))
    service.http.post("/subscriber/remove", json={"email": entered})
    assert "/confirm/unsubscribe/" in link_in(mail_to(service, ascii_form, number=3))


def test_imported_accounts_and_subscribers_have_a_labels_too(service: Service) -> None:
    entered, ascii_form = both_forms()
    assert imported(service, v2_account(email=entered))["imported"] == 1
    assert imported(service, v2_account(email=ascii_form))["skipped"] == [{"at": "/list/0", "reason": "exists"}]
    assert sign_in(service, ascii_form).json()["account"]["email"] == entered
    assert imported(service, v2_account(email="a@☃.example"))["skipped"][0]["reason"] == "email: value_error"
    assert subscribe(service, en=[entered, ascii_form, "a@☃.example"])["skipped"] == [
        {"at": "/list/en/1", "reason": "exists"},
        {"at": "/list/en/2", "reason": "emailInvalid"},
    ]


@pytest.mark.parametrize(
    "domain",
    ["☃.example", "ü-.example", "ö" * 60 + ".example", "a℀b.example", "xn--i-7iq.bücher.example", "x.\u00ad\u200b"],
)
def test_a_domain_that_idna_does_not_allow_is_rejected(alice: Person, domain: str) -> None:
    anyone = Credentials(alice.service, "")
    body: dict[str, Any] = {"email": f"a@{domain}", "language": "en"}
    for reply in (
        anyone.post("/signup", body),
        anyone.post("/subscriber", body),
        anyone.post("/subscriber/remove", body),
        alice.patch("/account", {"email": body["email"]}),
    ):
        assert failure(reply) == (400, "emailInvalid")


def test_an_address_that_is_too_long_in_a_labels_is_rejected(service: Service) -> None:
    address = "a" * 60 + "@" + ".".join(["ö" * 20] * 8) + ".example"
    assert len(address) < 254
    reply = service.http.post("/signup", json={"email": address, "language": "en"})
    assert failure(reply) == (400, "emailInvalid")
    assert "at most 254 are accepted" in reply.json()["detail"]
