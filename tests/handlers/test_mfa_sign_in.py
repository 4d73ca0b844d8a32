"""Signing in with multi-factor authentication: codes and scratch codes that are good once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.handlers.mfa_account import FAILED, WIDE, MfaAccount
from tests.handlers.reading import failure, link_in, mail_to, parts_of
from tests.matrix import both_engines
from tests.service import Person, confirmation_of

REQUIRED = (403, "mfaTokenRequired")
NONE: list[dict[str, Any]] = [{}, {"token": False}, {"token": ""}, {"token": "  "}, {"token": True}]


def test_no_answer_shows_the_secret_or_the_scratch_codes_again(mfa_account: MfaAccount) -> None:
    person = mfa_account.person
    session = mfa_account.sign_in(token=mfa_account.code())
    replies = [
        session,
        person.get("/account"),
        person.get("/whoami"),
        person.get(f"/users/{person.id}/data"),
        mfa_account.service.http.get(person.get("/account/export").json()["data"]),
        person.patch("/account", {"bio": "x"}),
    ]
    for reply in replies:
        assert reply.status_code == 200
        assert mfa_account.totp.secret not in reply.text
        assert not [code for code in mfa_account.scratch_codes if code in reply.text]
        assert "mfa_" not in reply.text


def test_signing_in_needs_a_code_that_fits_and_takes_it_once(mfa_account: MfaAccount) -> None:
    assert [failure(mfa_account.sign_in(**none)) for none in NONE] == [REQUIRED] * len(NONE)
    code = mfa_account.code()
    reply = mfa_account.sign_in(token=code)
    assert reply.status_code == 200
    assert reply.json()["account"]["mfaEnabled"] is True
    assert failure(mfa_account.sign_in(token=code)) == FAILED


def test_the_code_that_turned_it_on_does_not_sign_in(mfa_account: MfaAccount) -> None:
    assert failure(mfa_account.sign_in(token=mfa_account.first_code)) == FAILED


def test_a_wrong_password_does_not_tell_that_a_code_is_wanted(mfa_account: MfaAccount) -> None:
    assert failure(mfa_account.sign_in("wrong")) == FAILED
    assert failure(mfa_account.sign_in("wrong", token=mfa_account.code())) == FAILED


def test_a_wrong_password_does_not_use_a_code_up(mfa_account: MfaAccount) -> None:
    code = mfa_account.code()
    mfa_account.sign_in("wrong", token=code)
    assert mfa_account.sign_in(token=code).status_code == 200


def test_an_invalid_code_is_refused(mfa_account: MfaAccount) -> None:
    wrong = ["0", WIDE, "é", "\x00", "a" * 32, mfa_account.totp.now() + "0"]
    with ThreadPoolExecutor(len(wrong)) as pool:
        replies = pool.map(lambda code: mfa_account.sign_in(token=code), wrong)
        assert {failure(reply) for reply in replies} == {FAILED}


@both_engines
def test_of_concurrent_sign_ins_with_one_code_one_succeeds(mfa_account: MfaAccount) -> None:
    code = mfa_account.code()
    with ThreadPoolExecutor(5) as pool:
        replies = pool.map(lambda code: mfa_account.sign_in(token=code), [code] * 5)
        assert sorted(reply.status_code for reply in replies) == [200] + [401] * 4


def test_each_scratch_code_stands_in_for_a_code_once(mfa_account: MfaAccount) -> None:
    assert len(set(mfa_account.scratch_codes)) == len(mfa_account.scratch_codes) >= 5
    first, second, third = mfa_account.scratch_codes[:3]
    assert mfa_account.sign_in(token=first).status_code == 200
    assert failure(mfa_account.sign_in(token=first)) == FAILED
    assert mfa_account.sign_in(token=f" {second.upper()} ").status_code == 200
    assert mfa_account.sign_in(token=mfa_account.code()).status_code == 200
    assert mfa_account.sign_in(token=third).status_code == 200


@both_engines
def test_of_concurrent_sign_ins_with_one_scratch_code_one_succeeds(mfa_account: MfaAccount) -> None:
    with ThreadPoolExecutor(5) as pool:
        replies = pool.map(lambda code: mfa_account.sign_in(token=code), [mfa_account.scratch_codes[0]] * 5)
        assert sorted(reply.status_code for reply in replies) == [200] + [401] * 4


def test_codes_of_another_account_are_refused(mfa_account: MfaAccount, bob: Person) -> None:
    other = MfaAccount(bob)
    for code in (other.code(), other.scratch_codes[0]):
        assert failure(mfa_account.sign_in(token=code)) == FAILED
    assert other.sign_in(token=other.scratch_codes[0]).status_code == 200


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_a_sign_in_link_needs_a_code_and_stays_good_until_it_comes(mfa_account: MfaAccount, version: str) -> None:
    mfa_account.service.http.post("/signinlink", json={"username": mfa_account.person.email})
    _, confirmation, check = parts_of(link_in(mail_to(mfa_account.service, mfa_account.person.email)))
    assert_link_needs_code(mfa_account, version, confirmation, check)


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_the_link_of_a_repeated_sign_up_needs_a_code_too(mfa_account: MfaAccount, version: str) -> None:
    body = {"email": mfa_account.person.email, "language": "en", "test": True}
    confirmation = confirmation_of(mfa_account.service.http.post("/signup", json=body).json())
    assert_link_needs_code(mfa_account, version, confirmation["id"], confirmation["check"])


def assert_link_needs_code(mfa_account: MfaAccount, version: str, confirmation: str, check: str) -> None:
    """403 without a code, 401 with a wrong one, in with a right one, once."""

    def use(body: dict[str, Any]) -> httpx2.Response:
        if version == "v3":
            return mfa_account.service.http.post(f"/signinlink/{confirmation}/{check}", json=body)
        return mfa_account.service.http.post(f"/signinlink/{confirmation}", json={"check": check, **body})

    assert [failure(use(none)) for none in NONE] == [REQUIRED] * len(NONE)
    assert failure(use({"token": "é"})) == FAILED
    reply = use({"token": mfa_account.code()})
    assert (reply.status_code, reply.json()["account"]["id"]) == (200, mfa_account.person.id)
    assert failure(use({"token": mfa_account.scratch_codes[0]})) == (404, "notFound")
    assert mfa_account.sign_in(token=mfa_account.scratch_codes[0]).status_code == 200
