"""Passwords: which are accepted, and what a new one ends."""

from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment
from tests.service import PASSWORD

BAD = {"7 chars": "passwordTooShort", "Password1": "passwordTooCommon", "ILOVEYOU": "passwordTooCommon"}


def test_a_bad_password_is_refused(there: Deployment) -> None:
    person = there.new_session()
    for password, code in BAD.items():
        reply = there.call("update_account", person, json={"password": password})
        if reply.status_code == 200:
            there.call("update_account", person, json={"password": PASSWORD})
        is_problem(reply, 400, code)


def test_a_new_password_ends_every_other_session(there: Deployment) -> None:
    first, second = there.new_session(), there.new_session()
    # The same one again: a new password all the same.
    assert there.call("update_account", second, json={"password": PASSWORD}).status_code == 200
    assert there.call("list_sets", first).status_code == 401, "another session goes on after a new password"
    assert there.call("list_sets", second).status_code == 200, "the session of the request ended"
