"""Changes of an account during a sign-in, between the check of the password and the new session."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pyotp
import pytest
from sqlalchemy import Connection

from core import clock
from services.auth import passwords
from storage import accounts
from storage.security_log import STAFF, Origin
from tests.handlers.reading import failure
from tests.in_process import AsgiService, before_next_write
from tests.service import PASSWORD, Person

FAILED = (401, "signInFailed")
Happens = Callable[[Connection, int], object]


def disabled(connection: Connection, user_id: int) -> None:
    """An administrator disables the account."""
    accounts.lock(connection, user_id)
    accounts.set_status(connection, user_id, accounts.DISABLED, origin=Origin(STAFF), now=clock.now())


def has(**columns: Any) -> Happens:
    """The account changes in this way."""
    return lambda connection, user_id: accounts.change(connection, user_id, **columns)


MFA = {"mfa_enabled": True, "mfa_secret": pyotp.random_base32(32)}


@pytest.fixture
def person(application: AsgiService) -> Person:
    """A user with a password."""
    signed_up = application.sign_up()
    assert signed_up.patch("/account", {"password": PASSWORD}).status_code == 200
    return signed_up


@pytest.mark.parametrize(
    ("happens", "outcome"),
    [
        (disabled, FAILED),
        (has(role=accounts.BLOCKED), FAILED),
        (accounts.remove, FAILED),
        (has(password="another hash"), FAILED),
        (has(**MFA), (403, "mfaTokenRequired")),
    ],
    ids=["disabled", "blocked", "removed", "another password", "second factor"],
)
def test_a_change_between_password_check_and_session_prevents_the_sign_in(
    application: AsgiService,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
    happens: Happens,
    outcome: tuple[int, str],
) -> None:
    with before_next_write(monkeypatch, partial(application.services.storage.write, happens, person.id)):
        reply = application.http.post("/signin", json={"username": person.email, "password": PASSWORD})
    assert failure(reply) == outcome


def test_a_hash_that_another_sign_in_has_upgraded_meanwhile_is_no_other_password(
    application: AsgiService, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgraded = has(password=application.run(passwords.hashed(PASSWORD)))
    with before_next_write(monkeypatch, partial(application.services.storage.write, upgraded, person.id)):
        reply = application.http.post("/signin", json={"username": person.email, "password": PASSWORD})
    assert reply.status_code == 200


def test_a_sign_in_link_ends_with_a_block_and_does_not_come_back(application: AsgiService, person: Person) -> None:
    admin = application.sign_up("admin")
    issued = application.http.post("/signup", json={"email": person.email, "language": "en", "test": True})
    link = issued.json()
    for change in ({"role": "blocked"}, {"role": "user"}):
        assert admin.patch(f"/admin/user/{person.id}", change).status_code == 200
    reply = application.http.post(f"/signinlink/{link['confirmation']}", json={"check": link["check"]})
    assert failure(reply) == (404, "notFound")
