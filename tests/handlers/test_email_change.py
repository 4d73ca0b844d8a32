"""Moving one's account to another address."""

from hashlib import sha256

from tests.handlers.accounts import account_of, asked_for_change, patched, sign_in
from tests.handlers.reading import (
    failure,
    letter_to,
    letters_to,
    link_in,
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
    letter = letter_to(service, new)
    assert letter["Cc"] == alice.email
    link = link_in(letter)
    kind, confirmation, check = parts_of(link)
    assert (kind, service.http.get(link).status_code) == ("emailchange", 200)

    assert patched(alice, {"confirm": "emailchange", "confirmation": confirmation})["email"] == alice.email
    body = {"confirm": "emailchange", "confirmation": confirmation, "check": check}
    assert failure(alice.patch("/account", {**body, "check": CHECK})) == (404, "notFound")
    changed = patched(alice, body)
    assert (changed["email"], changed["initial"]) == (new, alice.email)
    assert (changed["ehash"], changed["ihash"]) == (digest(new), digest(alice.email))
    assert failure(alice.patch("/account", body)) == (404, "notFound")


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


def test_in_test_mode_the_confirmation_comes_back_and_no_letter_goes_out(service: Service, alice: Person) -> None:
    silent, witness = new_test_address(), new_address()
    asked_for_change(alice, silent)
    assert "confirmation" not in alice.patch("/account", {"email": witness}).json()
    letter_to(service, witness)  # sent in turn: one to the other address would have come first
    assert letters_to(service, silent) == []


def test_test_mode_is_for_accounts_of_its_domain(service: Service, alice: Person) -> None:
    outside = new_address()
    patched(alice, asked_for_change(alice, outside))
    reply = alice.patch("/account", {"email": new_test_address(), "test": True})
    assert "confirmation" not in reply.json()


def test_where_test_mode_is_off_a_change_of_address_sends_its_letter(strict: Service) -> None:
    old, new = new_test_address(), new_test_address()
    strict.http.post("/signup", json={"email": old, "language": "de"})
    _, confirmation, _ = parts_of(link_in(letter_to(strict, old)))
    token = strict.http.post(f"/confirm/signup/{confirmation}", json={"consent": 1}).json()["token"]
    person = Credentials(strict, f"Bearer {token}")
    assert "confirmation" not in person.patch("/account", {"email": new, "test": True}).json()
    _, confirmation, check = parts_of(link_in(letter_to(strict, new)))
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


def test_an_address_that_is_anothers_by_then_is_refused_and_asking_for_it_tells_nothing(
    alice: Person, bob: Person
) -> None:
    new = new_test_address()
    first, second = asked_for_change(alice, new), asked_for_change(bob, new)
    assert patched(alice, first)["email"] == new
    for change in (second, asked_for_change(bob, new)):
        assert failure(bob.patch("/account", change)) == (409, "emailTaken")
    assert account_of(bob)["email"] == bob.email


def test_a_confirmation_of_another_kind_changes_no_address(service: Service, alice: Person) -> None:
    service.http.post("/signinlink", json={"username": alice.email})
    _, confirmation, check = parts_of(link_in(letter_to(service, alice.email)))
    body = {"confirm": "emailchange", "confirmation": confirmation, "check": check}
    assert failure(alice.patch("/account", body)) == (404, "notFound")


def test_a_changed_address_ends_the_links_that_went_to_the_old_one(service: Service, alice: Person) -> None:
    service.http.post("/signinlink", json={"username": alice.email})
    _, confirmation, check = parts_of(link_in(letter_to(service, alice.email)))
    asked = asked_for_change(alice, new_test_address())
    patched(alice, asked)
    assert failure(service.http.post(f"/signinlink/{confirmation}/{check}")) == (404, "notFound")
