"""Moving one's account to another address."""

from hashlib import sha256
from uuid import uuid4

from tests.handlers.accounts import account_of, asked_for_change, patched, sign_in
from tests.handlers.reading import (
    failure,
    link_in,
    mail_to,
    mails_to,
    new_address,
    new_test_address,
    parts_of,
)
from tests.service import PASSWORD, Credentials, Person, Service

CHECK = "0" * 40


def test_a_new_address_counts_only_when_its_owner_has_confirmed_it(service: Service, alice: Person) -> None:
    new = new_address()
    reply = alice.patch("/account", {"email": f" {new.upper()} "})
    assert reply.json().keys() == {"result", "account"}
    assert reply.json()["account"]["email"] == alice.email
    mail = mail_to(service, new)
    link = link_in(mail)
    kind, confirmation, check = parts_of(link)
    assert (kind, service.http.get(link).status_code) == ("emailchange", 200)

    assert patched(alice, {"confirm": "emailchange", "confirmation": confirmation})["email"] == alice.email
    body = {"confirm": "emailchange", "confirmation": confirmation, "check": check}
    assert failure(alice.patch("/account", {**body, "check": CHECK})) == (404, "notFound")
    changed = patched(alice, body)
    assert (changed["email"], changed["initial"]) == (new, alice.email)
    assert (changed["ehash"], changed["ihash"]) == (digest(new), digest(alice.email))
    assert failure(alice.patch("/account", body)) == (404, "notFound")


def test_the_present_address_gets_a_notice_without_anything_that_completes_the_change(
    service: Service, alice: Person
) -> None:
    new = new_address()
    alice.patch("/account", {"email": new})
    to_new, notice = mail_to(service, new), mail_to(service, alice.email)
    _, confirmation, check = parts_of(link_in(to_new))
    assert (to_new["Cc"], to_new["Bcc"], notice["Cc"]) == (None, None, None)
    text = notice.as_string() + "".join(part.get_content() for part in notice.iter_parts())
    assert not [secret for secret in ("/confirm/", confirmation, check, new) if secret in text]
    assert "DELETE /account/email-change" in text


def digest(address: str) -> str:
    """What ihash and ehash are."""
    return sha256(address.encode()).hexdigest()


def test_the_new_address_signs_in_and_the_old_one_is_free(service: Service, alice: Person) -> None:
    new = new_test_address()
    patched(alice, {"password": PASSWORD})
    patched(alice, asked_for_change(alice, new))
    assert sign_in(service, new.upper()).status_code == 200
    assert failure(sign_in(service, alice.email)) == (401, "signInFailed")
    body = {"email": alice.email, "language": "en", "test": True}
    confirmation = service.http.post("/signup", json=body).json()["confirmation"]
    reply = service.http.post(f"/confirm/signup/{confirmation}", json={"consent": 1})
    assert reply.json()["account"]["id"] != alice.id


def test_in_test_mode_the_response_has_the_confirmation_and_no_mail_is_sent(service: Service, alice: Person) -> None:
    silent, witness = new_test_address(), new_address()
    asked_for_change(alice, silent)
    assert "confirmation" not in alice.patch("/account", {"email": witness}).json()
    mail_to(service, witness)  # sent in turn: one to the other address would have come first
    assert mails_to(service, silent) == []
    mail_to(service, alice.email)  # the notice about the second request alone


def test_test_mode_is_for_accounts_of_its_domain(service: Service, alice: Person) -> None:
    outside = new_address()
    patched(alice, asked_for_change(alice, outside))
    reply = alice.patch("/account", {"email": new_test_address(), "test": True})
    assert "confirmation" not in reply.json()


def test_without_test_mode_a_change_of_address_sends_a_mail(strict: Service) -> None:
    old, new = new_test_address(), new_test_address()
    strict.http.post("/signup", json={"email": old, "language": "de"})
    _, confirmation, _ = parts_of(link_in(mail_to(strict, old)))
    token = strict.http.post(f"/confirm/signup/{confirmation}", json={"consent": 1}).json()["token"]
    person = Credentials(strict, f"Bearer {token}")
    assert "confirmation" not in person.patch("/account", {"email": new, "test": True}).json()
    _, confirmation, check = parts_of(link_in(mail_to(strict, new)))
    body = {"confirm": "emailchange", "confirmation": confirmation, "check": check}
    assert patched(person, body)["email"] == new


def test_ones_own_address_is_no_change(service: Service, alice: Person) -> None:
    reply = alice.patch("/account", {"email": alice.email.upper(), "test": True})
    assert "confirmation" not in reply.json()


def test_only_its_owner_finishes_a_change_of_address(alice: Person, bob: Person) -> None:
    new = new_test_address()
    change = asked_for_change(alice, new)
    assert failure(bob.patch("/account", change)) == (404, "notFound")
    assert patched(alice, change)["email"] == new


def test_nothing_tells_whether_the_new_address_has_an_account(service: Service, alice: Person, bob: Person) -> None:
    free, unknown = new_test_address(), str(uuid4())
    seen = []
    for address in (free, bob.email):
        reply = alice.patch("/account", {"email": address})
        pending = alice.get("/account/email-change").json()["emailChange"]
        assert pending.pop("email") == address
        body = {"confirm": "emailchange", "confirmation": unknown, "check": CHECK}
        seen.append((reply.status_code, reply.json()["account"]["email"], reply.json().keys(), pending.keys()))
        assert failure(alice.patch("/account", body)) == (404, "notFound")
    assert seen[0] == seen[1]
    # The one who owns the mailbox learns it; the text holds no link.
    assert "/confirm/emailchange/" in str(mail_to(service, free).get_body(("plain",)))
    text = str(mail_to(service, bob.email).get_body(("plain",)))
    assert "already has an account" in text and "/confirm/" not in text


def test_a_change_to_the_address_of_another_account_is_answered_like_an_unknown_confirmation(
    alice: Person, bob: Person
) -> None:
    new = new_test_address()
    first, second = asked_for_change(alice, new), asked_for_change(bob, new)
    assert patched(alice, first)["email"] == new
    unknown = bob.patch("/account", {**second, "confirmation": str(uuid4())}).json()
    for change in (second, asked_for_change(bob, new)):
        reply = bob.patch("/account", change)
        assert reply.status_code == 404
        assert {**reply.json(), "instance": ""} == {**unknown, "instance": ""}
    assert account_of(bob)["email"] == bob.email
    changes = [event["event"] for event in bob.get("/account/events").json()["events"]]
    assert "emailChanged" not in changes


def test_a_sign_up_that_was_never_confirmed_does_not_block_its_address(service: Service, alice: Person) -> None:
    new = new_test_address()
    body = {"email": new, "language": "en", "test": True}
    confirmation = service.http.post("/signup", json=body).json()["confirmation"]
    assert patched(alice, asked_for_change(alice, new))["email"] == new
    reply = service.http.post(f"/confirm/signup/{confirmation}", json={"consent": 1})
    assert failure(reply) == (404, "notFound")


def test_an_inactive_account_that_was_used_keeps_its_address(admin: Person, alice: Person, bob: Person) -> None:
    assert admin.patch(f"/admin/user/{bob.id}", {"status": 0}).status_code == 200
    assert failure(alice.patch("/account", asked_for_change(alice, bob.email))) == (404, "notFound")


def test_a_pending_change_can_be_read_and_cancelled(alice: Person, bob: Person) -> None:
    assert alice.get("/account/email-change").json()["emailChange"] is None
    new = new_test_address()
    change = asked_for_change(alice, new)
    pending = alice.get("/account/email-change").json()["emailChange"]
    assert pending["email"] == new and pending["createdAt"] < pending["expiresAt"]
    assert failure(bob.delete("/account/email-change")) == (404, "notFound")
    assert alice.delete("/account/email-change").status_code == 204
    assert failure(alice.patch("/account", change)) == (404, "notFound")
    assert alice.get("/account/email-change").json()["emailChange"] is None
    assert failure(alice.delete("/account/email-change")) == (404, "notFound")


def test_a_later_request_and_a_new_password_cancel_the_pending_change(alice: Person) -> None:
    first = asked_for_change(alice, new_test_address())
    second = asked_for_change(alice, new_test_address())
    assert failure(alice.patch("/account", first)) == (404, "notFound")
    patched(alice, {"password": PASSWORD})
    assert alice.get("/account/email-change").json()["emailChange"] is None
    assert failure(alice.patch("/account", second)) == (404, "notFound")


def test_an_impersonating_administrator_cannot_cancel_the_change(admin: Person, alice: Person) -> None:
    asked_for_change(alice, new_test_address())
    token = admin.get(f"/admin/impersonate/{alice.id}").json()["token"]
    acting = Credentials(alice.service, f"Bearer {token}")
    assert failure(acting.delete("/account/email-change")) == (403, "insufficientAccessLevel")
    assert alice.get("/account/email-change").json()["emailChange"]


def test_a_confirmation_of_another_kind_changes_no_address(service: Service, alice: Person) -> None:
    service.http.post("/signinlink", json={"username": alice.email})
    _, confirmation, check = parts_of(link_in(mail_to(service, alice.email)))
    body = {"confirm": "emailchange", "confirmation": confirmation, "check": check}
    assert failure(alice.patch("/account", body)) == (404, "notFound")


def test_a_changed_address_ends_the_links_that_went_to_the_old_one(service: Service, alice: Person) -> None:
    service.http.post("/signinlink", json={"username": alice.email})
    _, confirmation, check = parts_of(link_in(mail_to(service, alice.email)))
    asked = asked_for_change(alice, new_test_address())
    patched(alice, asked)
    assert failure(service.http.post(f"/signinlink/{confirmation}/{check}")) == (404, "notFound")
