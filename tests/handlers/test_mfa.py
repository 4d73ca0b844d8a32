"""Multi-factor authentication: from the first secret to turning it off, and codes that are good once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import httpx2
import pyotp
import pytest

from services import mfa
from tests.handlers.database import change_account
from tests.handlers.reading import failure, letter_to, link_in, parts_of
from tests.service import PASSWORD, Person

FAILED = (401, "signInFailed")
REQUIRED = (403, "mfaTokenRequired")
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
WIDE = "".join(chr(0xFF10 + digit) for digit in range(1, 7))  # 123456, as East Asian keyboards type it
NONE: list[dict[str, Any]] = [{}, {"token": False}, {"token": ""}, {"token": "  "}, {"token": True}]


class Guarded:
    """Somebody who has turned multi-factor authentication on, and the app on their phone."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.service = person.service
        self.person.patch("/account", {"password": PASSWORD})
        self.totp = pyotp.TOTP(new_secret(person)["secret"])
        self.first_code = self.totp.now()
        reply = person.post("/account/mfa", {"mfa": True, "secret": self.totp.secret, "token": self.first_code})
        assert reply.status_code == 200
        assert reply.json()["account"]["mfaEnabled"] is True
        self.scratch_codes: list[str] = reply.json()["scratchCodes"]

    def code(self) -> str:
        """A code as it will be, once the ones used so far are out of date."""
        change_account(self.service, self.person.id, mfa_step=0)
        return self.totp.now()

    def sign_in(self, password: str = PASSWORD, **token: Any) -> httpx2.Response:
        """Sign in."""
        return self.service.http.post("/signin", json={"username": self.person.email, "password": password, **token})

    def disable(self, password: str, token: str) -> httpx2.Response:
        """Turn it off."""
        return self.person.post("/account/mfa", {"mfa": False, "password": password, "token": token})

    def is_on(self) -> bool:
        """What the account says."""
        return bool(self.person.get("/account").json()["account"]["mfaEnabled"])


@pytest.fixture
def guarded(alice: Person) -> Guarded:
    """Alice with multi-factor authentication."""
    return Guarded(alice)


def new_secret(person: Person) -> dict[str, str]:
    """What is handed out to start with."""
    reply = person.post("/account/mfa", {"mfa": True})
    assert reply.status_code == 200
    handed: dict[str, str] = reply.json()["mfa"]
    return handed


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
    _, confirmation, check = parts_of(link_in(letter_to(guarded.service, guarded.person.email)))
    assert_link_needs_code(guarded, version, confirmation, check)


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_the_link_for_who_signs_up_again_needs_a_code_too(guarded: Guarded, version: str) -> None:
    body = {"email": guarded.person.email, "language": "en", "test": True}
    confirmation = guarded.service.http.post("/signup", json=body).json()["confirmation"]
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


def test_a_password_and_a_code_turn_it_off(guarded: Guarded) -> None:
    reply = guarded.disable(PASSWORD, guarded.code())
    assert reply.json()["account"]["mfaEnabled"] is False
    assert guarded.sign_in().status_code == 200


def test_a_password_and_a_scratch_code_turn_it_off(guarded: Guarded) -> None:
    assert guarded.disable(PASSWORD, guarded.scratch_codes[0]).status_code == 200
    assert not guarded.is_on()


def test_it_stays_on_with_a_wrong_password_or_code(guarded: Guarded) -> None:
    code = guarded.code()
    attempts = [("wrong", code), (PASSWORD, "000"), (PASSWORD, "é"), ("wrong", guarded.scratch_codes[0])]
    for password, token in attempts:
        assert failure(guarded.disable(password, token)) == (401, "authenticationFailed")
    assert guarded.is_on()
    assert guarded.disable(PASSWORD, code).status_code == 200  # none of that used the code up


def test_what_is_off_cannot_be_turned_off(guarded: Guarded) -> None:
    assert guarded.disable(PASSWORD, guarded.code()).status_code == 200
    for token in (guarded.code(), guarded.scratch_codes[0]):
        assert failure(guarded.disable(PASSWORD, token)) == (401, "authenticationFailed")


def test_the_old_codes_are_worth_nothing_once_it_is_on_again(guarded: Guarded) -> None:
    old, old_scratch_codes = guarded.totp, guarded.scratch_codes
    guarded.disable(PASSWORD, guarded.code())
    again = Guarded(guarded.person)
    assert again.totp.secret != old.secret
    assert not set(again.scratch_codes) & set(old_scratch_codes)
    assert failure(again.sign_in(token=old_scratch_codes[-1])) == FAILED
    again.code()
    assert failure(again.sign_in(token=old.now())) == FAILED


def test_it_is_turned_on_once(guarded: Guarded) -> None:
    code = pyotp.TOTP(SECRET).now()
    for body in ({"mfa": True}, {"mfa": True, "secret": SECRET, "token": code}):
        assert failure(guarded.person.post("/account/mfa", body)) == (400, "mfaActive")
    assert guarded.sign_in(token=guarded.code()).status_code == 200


def test_of_two_who_turn_it_on_at_once_one_succeeds(alice: Person) -> None:
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
def test_turning_it_off_says_what_is_missing(guarded: Guarded, body: dict[str, Any], code: str) -> None:
    assert failure(guarded.person.post("/account/mfa", body)) == (400, code)


def test_a_key_cannot_touch_it(guarded: Guarded) -> None:
    key = guarded.person.new_key(4)
    for body in ({"mfa": True}, {"mfa": False, "password": PASSWORD, "token": guarded.code()}):
        assert failure(key.post("/account/mfa", body)) == (401, "unauthorized")
    assert guarded.is_on()


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
