"""The second factor: turned on with a code, asked for at sign-in, turned off."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyotp

from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment
from tests.service import PASSWORD, Person


@contextmanager
def _turned_on(there: Deployment, person: Person) -> Iterator[list[str]]:
    """The scratch codes of an account whose second factor is on meanwhile."""
    offered = there.call("configure_mfa", person, json={"mfa": True}).json()["mfa"]
    assert re.fullmatch("[A-Z2-7]{32}", offered["secret"]), "the secret has not 160 bits in base 32"
    assert "currentColor" in offered["qrcode"] and "secret=" + offered["secret"] in offered["otpauth"]
    code = pyotp.TOTP(offered["secret"]).now()
    wanted = {"mfa": True, "secret": offered["secret"], "token": code}
    reply = there.call("configure_mfa", person, json=wanted)
    assert reply.status_code == 200, f"a second factor cannot be turned on: {reply.status_code}"
    codes: list[str] = reply.json()["scratchCodes"]
    assert reply.json()["account"]["mfaEnabled"] is True
    try:
        yield codes
    finally:
        body = {"mfa": False, "password": PASSWORD, "token": codes.pop()}
        off = there.call("configure_mfa", person, json=body)
        assert off.status_code == 200, f"a second factor cannot be turned off: {off.status_code}"
        assert off.json()["account"]["mfaEnabled"] is False, "a second factor is still on"


def _try(there: Deployment, **more: Any) -> Any:
    return there.call("sign_in", json={"username": there.traveller, "password": PASSWORD, **more})


def test_a_second_factor_is_turned_on_used_and_turned_off(there: Deployment) -> None:
    person = there.new_session()
    with _turned_on(there, person) as codes:
        missing, used = _try(there), _try(there, token=codes[0])
        again = _try(there, token=codes[0])
        shown = there.call("read_account", person)
        wrong = {"mfa": False, "password": "not the password", "token": codes[1]}
        refused = there.call("configure_mfa", person, json=wrong)
    is_problem(missing, 403, "mfaTokenRequired")
    assert used.status_code == 200, "a scratch code does not sign in"
    is_problem(again, 401, "signInFailed")
    assert "scratch" not in shown.text.lower(), "scratch codes are shown again"
    assert refused.status_code in (401, 403), "a wrong password turns a second factor off"
    assert _try(there).status_code == 200


def test_a_second_factor_ends_every_other_session(there: Deployment) -> None:
    first, second = there.new_session(), there.new_session()
    with _turned_on(there, second):
        ended = there.call("list_sets", first).status_code
    assert ended == 401, "another session goes on after a second factor was turned on"
    assert there.call("list_sets", second).status_code == 200


def test_a_code_that_does_not_fit_turns_nothing_on(there: Deployment) -> None:
    person = there.new_session()
    offered = there.call("configure_mfa", person, json={"mfa": True}).json()["mfa"]
    code = pyotp.TOTP(offered["secret"]).at(0)
    reply = there.call("configure_mfa", person, json={"mfa": True, "secret": offered["secret"], "token": code})
    is_problem(reply, 403, "mfaTokenInvalid")
