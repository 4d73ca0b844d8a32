"""Changes of an account's e-mail address."""

from itertools import count
from typing import Any

from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment
from tests.service import PASSWORD, Person

_numbers = count(1)


def ask_for_a_change(there: Deployment, person: Person, address: str) -> dict[str, Any]:
    """What the request for a change of the address is answered with, in test mode."""
    reply = there.call("update_account", person, json={"email": address, "test": True})
    assert reply.status_code == 200, f"a change of address is answered {reply.status_code}"
    answer: dict[str, Any] = reply.json()
    return answer


def another_address(there: Deployment, word: str) -> str:
    """An address in the test domain that no account has."""
    return f"contract.{there.run}.{word}.{next(_numbers)}@{there.test_domain}"


def _confirm(there: Deployment, person: Person, asked: dict[str, Any], **changed: str) -> Any:
    body = {"confirm": "emailchange", "confirmation": asked["confirmation"], "check": asked["check"], **changed}
    reply = there.call("update_account", person, json=body)
    if reply.status_code == 200:
        there.traveller = reply.json()["account"]["email"]
    return reply


def test_an_address_changes_once_it_is_confirmed(there: Deployment) -> None:
    person = there.new_session()
    before, after = there.traveller, another_address(there, "confirmed")
    asked = ask_for_a_change(there, person, after)
    assert asked["account"]["email"] == before, "an address changes before it is confirmed"
    pending = there.call("read_email_change", person).json()["emailChange"]
    assert pending["email"] == after, "the pending change is to another address"
    there.call("update_account", person, json={"confirm": "emailchange", "confirmation": asked["confirmation"]})
    assert there.call("read_account", person).json()["account"]["email"] == before, "without the check it changes"
    changed = _confirm(there, person, asked)
    assert changed.status_code == 200 and changed.json()["account"]["email"] == after, "an address does not change"
    is_problem(_confirm(there, person, asked), 404, "notFound")
    first = there.call("read_account", there.new_session()).json()["account"]["initial"]
    assert first != after, "the first address changes, too"


def test_a_pending_change_is_replaced_and_cancelled(there: Deployment) -> None:
    person = there.new_session()
    first = ask_for_a_change(there, person, another_address(there, "first"))
    second = ask_for_a_change(there, person, another_address(there, "second"))
    is_problem(_confirm(there, person, first), 404, "notFound")
    assert there.call("cancel_email_change", person).status_code == 204
    is_problem(_confirm(there, person, second), 404, "notFound")
    assert there.call("read_email_change", person).json()["emailChange"] is None, "a cancelled change is pending"
    is_problem(there.call("cancel_email_change", person), 404, "notFound")


def test_a_new_password_cancels_a_change(there: Deployment) -> None:
    person = there.new_session()
    asked = ask_for_a_change(there, person, another_address(there, "cancelled"))
    assert there.call("update_account", person, json={"password": PASSWORD}).status_code == 200
    is_problem(_confirm(there, person, asked), 404, "notFound")


def test_a_change_to_a_known_address_looks_the_same(there: Deployment) -> None:
    person = there.new_session()
    known = ask_for_a_change(there, person, there.bob.email)
    assert there.call("read_email_change", person).json()["emailChange"]["email"] == there.bob.email
    unknown = ask_for_a_change(there, person, another_address(there, "unknown"))
    assert set(known) == set(unknown), "a response reveals whether an address has an account"
    known = ask_for_a_change(there, person, there.bob.email)
    is_problem(_confirm(there, person, known), 404, "notFound")


def test_an_address_is_trimmed_and_made_small(there: Deployment) -> None:
    person = there.new_session()
    wanted = another_address(there, "small")
    ask_for_a_change(there, person, f"  {wanted.upper()} ")
    pending = there.call("read_email_change", person).json()["emailChange"]["email"]
    there.call("cancel_email_change", person)
    assert pending == wanted, f"an address is kept as {pending!r}"
    for wrong in ("no address", "a@b", "a@@example.org"):
        is_problem(there.call("update_account", person, json={"email": wrong}), 400, "emailInvalid")


def test_an_internationalised_domain_has_two_forms(there: Deployment) -> None:
    person = there.new_session()
    local = another_address(there, "idn").partition("@")[0]
    for form in ("bücher.example", "xn--bcher-kva.example", "BÜCHER.example"):
        ask_for_a_change(there, person, f"{local}@{form}")
        pending = there.call("read_email_change", person).json()["emailChange"]["email"]
        assert pending == f"{local}@bücher.example", f"the domain {form} is shown as {pending!r}"
    there.call("cancel_email_change", person)
    is_problem(there.call("update_account", person, json={"email": f"{local}@☃.example"}), 400, "emailInvalid")
