"""Multi-factor authentication: from the first secret to turning it off, and which codes fit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pyotp
import pytest

from services.auth import mfa
from tests.handlers.mfa_account import FAILED, WIDE, MfaAccount, new_secret
from tests.handlers.reading import failure
from tests.matrix import both_engines
from tests.service import PASSWORD, Person

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_the_secret_has_160_bits_and_is_new_each_time(alice: Person) -> None:
    secrets = [new_secret(alice)["secret"] for _ in range(3)]
    assert len(set(secrets)) == 3
    assert [len(pyotp.TOTP(secret).byte_secret()) * 8 for secret in secrets] == [160] * 3


def test_the_address_is_what_authenticator_apps_read(alice: Person) -> None:
    alice.patch("/account", {"username": f"Ålice & <Bob> {alice.id}"})
    handed = new_secret(alice)
    parsed = pyotp.parse_uri(handed["otpauth"])
    assert isinstance(parsed, pyotp.TOTP)
    assert (parsed.secret, parsed.name, parsed.issuer) == (
        handed["secret"],
        f"Ålice & <Bob> {alice.id}",
        "FreeSewing",
    )
    assert (parsed.digits, parsed.interval) == (6, 30)


def test_the_drawing_is_plain_svg_in_the_colour_around_it(alice: Person) -> None:
    drawing = new_secret(alice)["qrcode"]
    root = ElementTree.fromstring(drawing)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    attributes = {name: value for element in root.iter() for name, value in element.attrib.items()}
    assert root.tag.endswith("svg")
    assert names <= {"svg", "path", "g"}
    assert "currentColor" in attributes.values()
    assert not [name for name in attributes if name.startswith("on") or name.endswith("href")]
    assert "#" not in drawing


def test_asking_for_a_secret_turns_nothing_on(alice: Person) -> None:
    new_secret(alice)
    assert alice.get("/account").json()["account"]["mfaEnabled"] is False


@pytest.mark.parametrize("token", ["000000", "12345", "abcdef", WIDE, "é", " "])
def test_a_code_that_does_not_fit_turns_nothing_on(alice: Person, token: str) -> None:
    secret = new_secret(alice)["secret"]
    if token == pyotp.TOTP(secret).now():
        token = "000001"
    reply = alice.post("/account/mfa", {"mfa": True, "secret": secret, "token": token})
    assert failure(reply) == (403, "mfaTokenInvalid")
    assert alice.get("/account").json()["account"]["mfaEnabled"] is False


def test_a_password_and_a_code_turn_it_off(mfa_account: MfaAccount) -> None:
    reply = mfa_account.disable(PASSWORD, mfa_account.code())
    assert reply.json()["account"]["mfaEnabled"] is False
    assert mfa_account.sign_in().status_code == 200


def test_a_password_and_a_scratch_code_turn_it_off(mfa_account: MfaAccount) -> None:
    assert mfa_account.disable(PASSWORD, mfa_account.scratch_codes[0]).status_code == 200
    assert not mfa_account.is_on()


def test_it_stays_on_with_a_wrong_password_or_code(mfa_account: MfaAccount) -> None:
    code = mfa_account.code()
    attempts = [("wrong", code), (PASSWORD, "000"), (PASSWORD, "é"), ("wrong", mfa_account.scratch_codes[0])]
    for password, token in attempts:
        refused = mfa_account.disable(password, token)
        assert failure(refused) == (401, "authenticationFailed")
        assert refused.headers["www-authenticate"].startswith("Bearer")
    assert mfa_account.is_on()
    assert mfa_account.disable(PASSWORD, code).status_code == 200  # none of that used the code up


def test_mfa_that_is_off_cannot_be_turned_off(mfa_account: MfaAccount) -> None:
    assert mfa_account.disable(PASSWORD, mfa_account.code()).status_code == 200
    for token in (mfa_account.code(), mfa_account.scratch_codes[0]):
        assert failure(mfa_account.disable(PASSWORD, token)) == (401, "authenticationFailed")


def test_the_old_codes_are_worth_nothing_once_it_is_on_again(mfa_account: MfaAccount) -> None:
    old, old_scratch_codes = mfa_account.totp, mfa_account.scratch_codes
    mfa_account.disable(PASSWORD, mfa_account.code())
    again = MfaAccount(mfa_account.person)
    assert again.totp.secret != old.secret
    assert not set(again.scratch_codes) & set(old_scratch_codes)
    assert failure(again.sign_in(token=old_scratch_codes[-1])) == FAILED
    again.code()
    assert failure(again.sign_in(token=old.now())) == FAILED


def test_it_is_turned_on_once(mfa_account: MfaAccount) -> None:
    code = pyotp.TOTP(SECRET).now()
    for body in ({"mfa": True}, {"mfa": True, "secret": SECRET, "token": code}):
        assert failure(mfa_account.person.post("/account/mfa", body)) == (400, "mfaActive")
    assert mfa_account.sign_in(token=mfa_account.code()).status_code == 200


@both_engines
def test_of_two_concurrent_calls_that_turn_mfa_on_one_succeeds(alice: Person) -> None:
    secrets = [new_secret(alice)["secret"] for _ in range(4)]
    bodies = [{"mfa": True, "secret": secret, "token": pyotp.TOTP(secret).now()} for secret in secrets]
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda body: alice.post("/account/mfa", body), bodies))
    assert sorted(reply.status_code for reply in replies) == [200, 400, 400, 400]


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"mfa": None},
        {"mfa": 1},
        {"mfa": "true"},
        {"mfa": {}},
        {"secret": SECRET, "token": "123456"},
        {"mfa": True, "secret": SECRET[:16], "token": "123456"},
        {"mfa": True, "secret": SECRET.lower(), "token": "123456"},
        {"mfa": True, "secret": SECRET, "token": 123456},
    ],
    ids=str,
)
def test_anything_else_is_no_setting(alice: Person, body: dict[str, Any] | None) -> None:
    assert failure(alice.post("/account/mfa", body)) == (400, "invalidMfaSetting")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"mfa": False, "password": PASSWORD}, "mfaTokenMissing"),
        ({"mfa": False, "password": PASSWORD, "token": ""}, "mfaTokenMissing"),
        ({"mfa": False, "token": "123456"}, "passwordMissing"),
        ({"mfa": False, "token": "123456", "password": ""}, "passwordMissing"),
    ],
    ids=str,
)
def test_turning_mfa_off_names_the_missing_member(mfa_account: MfaAccount, body: dict[str, Any], code: str) -> None:
    assert failure(mfa_account.person.post("/account/mfa", body)) == (400, code)


def test_a_key_cannot_touch_it(mfa_account: MfaAccount) -> None:
    key = mfa_account.person.new_key(4)
    for body in ({"mfa": True}, {"mfa": False, "password": PASSWORD, "token": mfa_account.code()}):
        assert failure(key.post("/account/mfa", body)) == (401, "unauthorized")
    assert mfa_account.is_on()


NOON = datetime(2024, 1, 1, 12, 0, 0, tzinfo=UTC)
STEP = int(NOON.timestamp()) // mfa.STEP


@pytest.mark.parametrize(
    ("late", "after", "expected"),
    [
        (-2, 0, None),
        (-1, 0, STEP - 1),
        (0, 0, STEP),
        (1, 0, STEP + 1),
        (2, 0, None),
        (0, STEP, None),
        (0, STEP - 1, STEP),
        (-1, STEP - 1, None),
        (1, STEP, STEP + 1),
    ],
)
def test_a_code_may_be_one_step_late_or_early_but_never_older_than_the_last(
    late: int, after: int, expected: int | None
) -> None:
    code = pyotp.TOTP(SECRET).at((STEP + late) * mfa.STEP)
    assert mfa.matching_step(SECRET, f" {code} ", now=NOON, after=after) == expected
