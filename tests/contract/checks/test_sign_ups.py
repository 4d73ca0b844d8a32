"""Signing up in test mode: the confirmation comes back, and works once."""

from uuid import uuid4

import pytest

from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment


def test_a_new_account_is_named_by_its_number(there: Deployment) -> None:
    account = there.call("read_account", there.bob).json()["account"]
    assert account["username"] == f"user-{account['id']}", f"a new account is called {account['username']}"
    assert there.published["servers"][0]["x-test-domain"] == there.test_domain


def test_the_link_of_a_sign_up_works_once(there: Deployment) -> None:
    if there.given:
        pytest.skip("left out: makes an account")
    email = f"contract.{there.run}.{uuid4().hex[:8]}@{there.test_domain}"
    # Any truthy value asks for test mode; without a language it is English.
    reply = there.call("sign_up", json={"email": f"  {email.upper()} ", "test": "yes", "role": "curator"})
    there.keep_in_mind(reply.json())
    assert reply.json()["email"] == email, "an address is not trimmed and made small"
    link = {"id": reply.json()["confirmation"], "check": reply.json()["check"]}
    for _ in range(2):
        assert there.call("read_confirmation", **link).status_code == 200, "looking at a link uses it up"
    unknown = there.call("read_confirmation", id=str(uuid4()), check=link["check"])
    wrong = there.call("read_confirmation", id=link["id"], check="0" * len(link["check"]))
    errors = [is_problem(one, 404, "notFound") for one in (unknown, wrong)]
    assert errors[0]["detail"] == errors[1]["detail"], "a wrong check is told from an unknown link"
    is_problem(there.call("confirm_sign_up", id=link["id"], json={"consent": 0}), 400, "consentRequired")
    session = there.call("confirm_sign_up", id=link["id"], json={"consent": 2, "check": link["check"]})
    there.keep_in_mind(session.json())
    account = session.json()["account"]
    made = (account["status"], account["role"], account["consent"], account["language"])
    assert made == (1, "curator", 2, "en"), f"the account is {made}"
    is_problem(there.call("confirm_sign_up", id=link["id"], json={"consent": 2}), 404, "notFound")
    is_problem(there.call("read_confirmation", **link), 404, "notFound")
