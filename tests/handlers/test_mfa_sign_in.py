"""Signing in with multi-factor authentication: codes and scratch codes that are good once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.handlers.guarded import FAILED, WIDE, Guarded
from tests.handlers.reading import failure, link_in, mail_to, parts_of
from tests.matrix import both_engines
from tests.service import Person, confirmation_of

REQUIRED = (403, "mfaTokenRequired")
NONE: list[dict[str, Any]] = [{}, {"token": False}, {"token": ""}, {"token": "  "}, {"token": True}]


def test_no_answer_shows_the_secret_or_the_scratch_codes_again(guarded: Guarded) -> None:
    person = guarded.person
    session = guarded.sign_in(token=guarded.code())
    replies = [
        session,
        person.get("/account"),
        person.get("/whoami"),
        person.get(f"/users/{person.id}/data"),
        guarded.service.http.get(person.get("/account/export").json()["data"]),
        person.patch("/account", {"bio": "x"}),
    ]
    for reply in replies:
        assert reply.status_code == 200
        assert guarded.totp.secret not in reply.text
        assert not [code for code in guarded.scratch_codes if code in reply.text]
        assert "mfa_" not in reply.text


def test_signing_in_needs_a_code_that_fits_and_takes_it_once(guarded: Guarded) -> None:
    assert [failure(guarded.sign_in(**none)) for none in NONE] == [REQUIRED] * len(NONE)
    code = guarded.code()
    reply = guarded.sign_in(token=code)
    assert reply.status_code == 200
    assert reply.json()["account"]["mfaEnabled"] is True
    assert failure(guarded.sign_in(token=code)) == FAILED


def test_the_code_that_turned_it_on_does_not_sign_in(guarded: Guarded) -> None:
    assert failure(guarded.sign_in(token=guarded.first_code)) == FAILED


def test_a_wrong_password_does_not_tell_that_a_code_is_wanted(guarded: Guarded) -> None:
    assert failure(guarded.sign_in("wrong")) == FAILED
    assert failure(guarded.sign_in("wrong", token=guarded.code())) == FAILED


def test_a_wrong_password_does_not_use_a_code_up(guarded: Guarded) -> None:
    code = guarded.code()
    guarded.sign_in("wrong", token=code)
    assert guarded.sign_in(token=code).status_code == 200


def test_what_is_no_code_is_refused(guarded: Guarded) -> None:
    wrong = ["0", WIDE, "é", "\x00", "a" * 32, guarded.totp.now() + "0"]
    with ThreadPoolExecutor(len(wrong)) as pool:
        replies = pool.map(lambda code: guarded.sign_in(token=code), wrong)
        assert {failure(reply) for reply in replies} == {FAILED}


@both_engines
def test_of_many_who_bring_one_code_at_once_one_gets_in(guarded: Guarded) -> None:
    code = guarded.code()
    with ThreadPoolExecutor(5) as pool:
        replies = pool.map(lambda code: guarded.sign_in(token=code), [code] * 5)
        assert sorted(reply.status_code for reply in replies) == [200] + [401] * 4


def test_each_scratch_code_stands_in_for_a_code_once(guarded: Guarded) -> None:
    assert len(set(guarded.scratch_codes)) == len(guarded.scratch_codes) >= 5
    first, second, third = guarded.scratch_codes[:3]
    assert guarded.sign_in(token=first).status_code == 200
    assert failure(guarded.sign_in(token=first)) == FAILED
    assert guarded.sign_in(token=f" {second.upper()} ").status_code == 200
    assert guarded.sign_in(token=guarded.code()).status_code == 200
    assert guarded.sign_in(token=third).status_code == 200


@both_engines
def test_of_many_who_bring_one_scratch_code_at_once_one_gets_in(guarded: Guarded) -> None:
    with ThreadPoolExecutor(5) as pool:
        replies = pool.map(lambda code: guarded.sign_in(token=code), [guarded.scratch_codes[0]] * 5)
        assert sorted(reply.status_code for reply in replies) == [200] + [401] * 4


def test_somebody_elses_codes_are_worth_nothing(guarded: Guarded, bob: Person) -> None:
    other = Guarded(bob)
    for code in (other.code(), other.scratch_codes[0]):
        assert failure(guarded.sign_in(token=code)) == FAILED
    assert other.sign_in(token=other.scratch_codes[0]).status_code == 200


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_a_sign_in_link_needs_a_code_and_stays_good_until_it_comes(guarded: Guarded, version: str) -> None:
    guarded.service.http.post("/signinlink", json={"username": guarded.person.email})
    _, confirmation, check = parts_of(link_in(mail_to(guarded.service, guarded.person.email)))
    assert_link_needs_code(guarded, version, confirmation, check)


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_the_link_for_who_signs_up_again_needs_a_code_too(guarded: Guarded, version: str) -> None:
    body = {"email": guarded.person.email, "language": "en", "test": True}
    confirmation = confirmation_of(guarded.service.http.post("/signup", json=body).json())
    assert_link_needs_code(guarded, version, confirmation["id"], confirmation["check"])


def assert_link_needs_code(guarded: Guarded, version: str, confirmation: str, check: str) -> None:
    """403 without a code, 401 with a wrong one, in with a right one, once."""

    def use(body: dict[str, Any]) -> httpx2.Response:
        if version == "v3":
            return guarded.service.http.post(f"/signinlink/{confirmation}/{check}", json=body)
        return guarded.service.http.post(f"/signinlink/{confirmation}", json={"check": check, **body})

    assert [failure(use(none)) for none in NONE] == [REQUIRED] * len(NONE)
    assert failure(use({"token": "é"})) == FAILED
    reply = use({"token": guarded.code()})
    assert (reply.status_code, reply.json()["account"]["id"]) == (200, guarded.person.id)
    assert failure(use({"token": guarded.scratch_codes[0]})) == (404, "notFound")
    assert guarded.sign_in(token=guarded.scratch_codes[0]).status_code == 200
