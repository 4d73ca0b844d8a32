"""Consent: given, withdrawn, and what ends with it."""

from tests.contract.checks.problems import is_problem
from tests.contract.checks.test_keys import made_with
from tests.contract.cleanup import KEY_LIFE
from tests.contract.deployment import Deployment
from tests.service import ApiKey, Person


def _give(there: Deployment, person: Person, consent: int) -> Person:
    reply = there.call("give_consent", person, json={"consent": consent})
    assert reply.status_code == 200, f"consent {consent} is answered {reply.status_code}"
    assert reply.json()["account"]["consent"] == consent
    return there.known_by(reply)


def test_an_account_without_consent_can_give_it(there: Deployment) -> None:
    without = _give(there, there.new_session(), 0)
    try:
        is_problem(there.call("list_sets", without), 451, "consentLacking")
        is_problem(there.call("read_profile", id=without.id), 404, "notFound")
    finally:
        given = _give(there, without, 2)
    assert there.call("list_sets", given).status_code == 200, "the new token does not work"
    assert there.call("read_profile", id=given.id).status_code == 200, "with consent there is no profile"


def test_withdrawing_consent_revokes_every_key(there: Deployment) -> None:
    person = there.new_session()
    made = made_with(there, person, 1, KEY_LIFE)
    without = _give(there, person, 0)
    _give(there, without, 2)
    key = ApiKey(there, made["key"], made["secret"])
    assert there.call("list_sets", key).status_code == 401, "a key works again after consent was withdrawn"
    is_problem(there.call("list_sets", key), 401, "keyRevoked")
