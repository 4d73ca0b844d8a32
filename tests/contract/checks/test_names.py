"""User names: which can be taken, and when two are the same."""

import pytest

from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment

# Invalid names, by the rule that they break.
BAD = {
    "short": "a",
    "long": "a" * 101,
    "space": " in front",
    "control": "a\u0007b",
    "invisible": "in\u200bvisible",
    "number": "20261128",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "path": "a/b",
    "address": "a@example.org",
    "scripts": "\u0430lice and bob",
    "reserved": "admin",
    "with-digits": "admin2",
    "with-accents": "\u00e0dm\u00edn",
    "looks-alike": "adm1n",
    "punctuated": "free-sewing",
    "of-another": "user-999999999",
}


@pytest.mark.parametrize("rule", BAD)
def test_a_name_that_breaks_a_rule_is_not_free(there: Deployment, rule: str) -> None:
    reply = there.call("check_username", there.alice, json={"username": BAD[rule]})
    assert reply.status_code in (200, 400), f"the name {BAD[rule]!r} is told to be free"


def test_a_name_is_taken_in_every_form(there: Deployment) -> None:
    person = there.new_session()
    name = f"Stra\u00dfe {there.run}"
    renamed = there.call("update_account", person, json={"username": name}).json()["account"]
    assert renamed["username"] == name, "an acceptable name was not taken"
    full_width = "".join(
        chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in f"STRASSE {there.run}"
    )
    for form in (name.upper(), f"strasse {there.run}", full_width):
        reply = there.call("check_username", there.alice, json={"username": form})
        assert reply.status_code == 200, f"{form!r} is told to be free although {name!r} is taken"
        assert there.call("read_profile", id=form).json()["profile"]["id"] == person.id, "a profile is not found"
    is_problem(there.call("check_username", there.alice, json={"username": f"free {there.run}"}), 404, "notFound")


def test_a_name_that_is_not_acceptable_changes_nothing(there: Deployment) -> None:
    before = there.call("read_account", there.alice).json()["account"]["username"]
    for name in (BAD["reserved"], BAD["path"]):
        reply = there.call("update_account", there.alice, json={"username": name})
        after = there.call("read_account", there.alice).json()["account"]["username"]
        if after != before:
            there.call("update_account", there.alice, json={"username": before})
        assert after == before, f"an account took the name {name!r}"
        assert reply.status_code in (200, 400)
