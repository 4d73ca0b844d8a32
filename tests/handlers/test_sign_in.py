"""Signing in by password: under every name, with FreeSewing's old hashes, and every way to be refused."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import scrypt
from typing import Any

import bcrypt
import jwt
import pytest

from services.auth import passwords
from tests.handlers.accounts import account_of, sign_in
from tests.handlers.database import change_account, password_hash
from tests.handlers.reading import failure, new_address
from tests.handlers.signing_in import FAILED, KEPT_OUT, NAMES, with_password
from tests.service import PASSWORD, Credentials, Person, Service


@pytest.fixture
def alice(service: Service) -> Person:
    """A user with a password and a chosen user name."""
    return with_password(service)


def refusals(service: Service, attempts: list[tuple[str, str]]) -> set[tuple[int, str]]:
    """How these sign-ins are refused; all at once, since each takes its time."""
    with ThreadPoolExecutor(len(attempts)) as pool:
        return set(pool.map(lambda attempt: failure(sign_in(service, *attempt)), attempts))


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_an_account_signs_in(service: Service, alice: Person, name: str) -> None:
    account = account_of(alice)
    reply = sign_in(service, NAMES[name](account))
    assert reply.status_code == 200
    session = reply.json()
    assert session["account"]["id"] == alice.id
    assert session["account"].keys() == account.keys()
    assert Credentials(service, f"Bearer {session['token']}").get("/whoami").json()["account"]["id"] == alice.id


def test_what_only_begins_like_a_number_is_none(service: Service, alice: Person) -> None:
    forms = ["{}abc", "{}.0", "{}e0", "+{}", "-{}", "0x{}", "{} 1", "user-{}", "#{}"]
    assert refusals(service, [(form.format(alice.id), PASSWORD) for form in forms]) == {FAILED}


def test_the_number_may_come_as_a_number(service: Service, alice: Person) -> None:
    assert sign_in(service, alice.id).status_code == 200


def test_a_token_carries_freesewings_claims_and_lasts_a_week(service: Service, alice: Person) -> None:
    session = sign_in(service, alice.email).json()
    claims = jwt.decode(session["token"], options={"verify_signature": False})
    assert jwt.get_unverified_header(session["token"])["alg"] == "HS256"
    assert {name: claims[name] for name in ("_id", "username", "role", "status", "aud", "iss")} == {
        "_id": alice.id,
        "username": session["account"]["username"],
        "role": "user",
        "status": 1,
        "aud": service.url,
        "iss": service.url,
    }
    assert claims["exp"] - claims["iat"] == timedelta(days=7).total_seconds()


@pytest.mark.parametrize("token", [False, "", "000000", True], ids=repr)
def test_without_a_second_factor_any_token_is_ignored(service: Service, alice: Person, token: Any) -> None:
    assert sign_in(service, alice.email, token=token).status_code == 200


def test_a_wrong_password_is_refused(service: Service, alice: Person) -> None:
    wrong = ["wrong", PASSWORD.upper(), PASSWORD + " ", PASSWORD[:-1], "\x00", "ü" * 256]
    assert refusals(service, [(alice.email, password) for password in wrong]) == {FAILED}


def test_a_new_password_replaces_the_old_one(service: Service, alice: Person) -> None:
    alice.patch("/account", {"password": "8 chars."})
    assert failure(sign_in(service, alice.email)) == FAILED
    assert sign_in(service, alice.email, "8 chars.").status_code == 200


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "passwordTooShort"),
        ("7 chars", "passwordTooShort"),
        ("password1", "passwordTooCommon"),
        (" PassWord1 ", "passwordTooCommon"),
    ],
)
def test_a_new_password_that_is_easily_guessed_is_rejected(
    service: Service, alice: Person, password: str, code: str
) -> None:
    assert failure(alice.patch("/account", {"password": password})) == (400, code)
    assert sign_in(service, alice.email).status_code == 200


@pytest.mark.parametrize("password", ["short", "password1"])
def test_a_password_from_before_there_were_rules_still_signs_in(
    service: Service, alice: Person, password: str
) -> None:
    stored = asyncio.run(passwords.hashed(password))
    change_account(service, alice.id, password=stored)
    assert sign_in(service, alice.email, password).status_code == 200


@pytest.mark.parametrize("columns", KEPT_OUT, ids=str)
def test_an_account_that_cannot_sign_in_gets_the_error_of_an_unknown_one(
    service: Service, alice: Person, columns: dict[str, Any]
) -> None:
    change_account(service, alice.id, **columns)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda name: sign_in(service, name), [alice.email, new_address()]))
    bodies = [{**answer.json(), "instance": ""} for answer in answers]
    assert bodies[0] == bodies[1]
    assert failure(answers[0]) == FAILED
    assert answers[0].headers.keys() == answers[1].headers.keys()


def test_without_consent_one_may_sign_in_and_only_consent_export_or_go(service: Service, alice: Person) -> None:
    change_account(service, alice.id, consent=0)
    reply = sign_in(service, alice.email)
    assert reply.status_code == 200
    guest = Credentials(service, f"Bearer {reply.json()['token']}")
    assert failure(guest.get("/account")) == (451, "consentLacking")
    assert guest.get("/account/export").status_code == 200
    session = guest.patch("/consent", {"consent": 1}).json()
    assert session["account"]["consent"] == 1
    assert Credentials(service, f"Bearer {session['token']}").get("/account").status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "postBodyMissing"),
        ({}, "postBodyMissing"),
        ({"password": "x"}, "usernameMissing"),
        ({"username": "", "password": "x"}, "usernameMissing"),
        ({"username": None, "password": "x"}, "usernameMissing"),
        ({"username": "x"}, "passwordMissing"),
        ({"username": "x", "password": ""}, "passwordMissing"),
        ({"username": "x", "password": None}, "passwordMissing"),
        ({"username": ["x"], "password": "x"}, "validationFailed"),
        ({"username": "x", "password": {"$ne": 1}}, "validationFailed"),
        ({"username": "x" * 255, "password": "x"}, "validationFailed"),
        ({"username": "x", "password": "x" * 257}, "validationFailed"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_incomplete_sign_in_is_refused_by_its_code(
    service: Service, body: dict[str, Any] | None, code: str
) -> None:
    reply = service.http.post("/signin", json=body) if body is not None else service.http.post("/signin")
    assert failure(reply) == (400, code)


def freesewings_scrypt(password: str, *, salt: bytes, text: str) -> str:
    """A password as version 3 of FreeSewing keeps it; `salt` is what it hashes with, `text` what it writes down."""
    hashed = scrypt(password.encode(), salt=salt, n=16384, r=8, p=1, maxmem=2**26, dklen=64)
    return json.dumps({"type": "v3", "hash": hashed.hex(), "salt": text})


def freesewings_bcrypt(password: str) -> str:
    """A password as version 2 of FreeSewing keeps it."""
    hashed = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(5, b"2a")).decode()
    return json.dumps({"type": "v2", "data": hashed})


SALT = bytes(range(16))
LEGACY: dict[str, Callable[[str], str]] = {
    "scrypt, salt as bytes": lambda password: freesewings_scrypt(password, salt=SALT, text=SALT.hex()),
    "scrypt, salt as text": lambda password: freesewings_scrypt(password, salt=SALT.hex().encode(), text=SALT.hex()),
    "bcrypt": freesewings_bcrypt,
}


@pytest.mark.parametrize("kind", LEGACY)
def test_freesewings_hashes_verify_and_are_upgraded_at_the_first_sign_in(
    service: Service, alice: Person, kind: str
) -> None:
    password = "pässwörd 🧵"
    change_account(service, alice.id, password=LEGACY[kind](password))
    assert account_of(alice)["passwordType"] == ("v2" if kind == "bcrypt" else "v3")
    reply = sign_in(service, alice.email, password)
    assert reply.status_code == 200
    assert reply.json()["account"]["passwordType"] == "v3"
    upgraded = password_hash(service, alice.id)
    assert upgraded.startswith("$argon2id$")
    assert sign_in(service, alice.email, password).status_code == 200
    assert password_hash(service, alice.id) == upgraded


@pytest.mark.parametrize("kind", ["scrypt, salt as bytes", "bcrypt"])
def test_a_wrong_password_neither_fits_nor_upgrades_an_old_hash(service: Service, alice: Person, kind: str) -> None:
    stored = LEGACY[kind](PASSWORD)
    change_account(service, alice.id, password=stored)
    assert failure(sign_in(service, alice.email, "wrong")) == FAILED
    assert password_hash(service, alice.id) == stored
