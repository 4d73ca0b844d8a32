"""Signing in: by which names, and what a failure tells."""

from typing import Any

from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment
from tests.service import PASSWORD


def _try(there: Deployment, username: Any, password: str = PASSWORD, **more: Any) -> Any:
    return there.call("sign_in", json={"username": username, "password": password, **more})


def test_every_name_of_an_account_signs_in(there: Deployment) -> None:
    account = there.call("read_account", there.new_session()).json()["account"]
    names = (
        account["username"].upper(),
        account["email"].upper(),
        str(account["id"]),
        account["id"],
        account["uuid"],
    )
    for name in names:
        reply = _try(there, name)
        assert reply.status_code == 200, f"signing in as {name!r} is answered {reply.status_code}"
        assert there.known_by(reply).id == account["id"]


def test_a_failed_sign_in_tells_nothing(there: Deployment) -> None:
    there.new_session()
    bodies = []
    for name, password in ((there.traveller, "not the password"), (f"nobody.{there.run}@example.org", PASSWORD)):
        problem = is_problem(_try(there, name, password), 401, "signInFailed")
        bodies.append({member: value for member, value in problem.items() if member != "instance"})
    assert bodies[0] == bodies[1], "a failure tells whether an account exists"


def test_no_code_may_be_sent_as_false(there: Deployment) -> None:
    there.new_session()
    reply = _try(there, there.traveller, token=False)
    assert reply.status_code == 200, f"`token: false` is answered {reply.status_code}"
    there.known_by(reply)


def test_a_link_is_on_its_way_to_anybody(there: Deployment) -> None:
    reply = there.call("request_sign_in_link", json={"username": f"nobody.{there.run}@example.org"})
    assert (reply.status_code, reply.json()["result"]) == (200, "emailSent"), "an unknown account is told of"
