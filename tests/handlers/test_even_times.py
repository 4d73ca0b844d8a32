"""The time of a response does not reveal what its text conceals: all cases do the same slow work, and end together.

No time is measured here. The clock stands still; the tests compare the computed hashes and the delays.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial
from hashlib import sha256
from typing import Any

import bcrypt
import pytest
from httpx2 import Response

from core import clock
from services.auth import hash_times, passwords, response_times
from services.auth.hash_times import Times
from services.auth.response_times import SECONDS
from storage import accounts, hash_costs
from storage.accounts import DISABLED, INACTIVE
from storage.hash_costs import Kinds
from tests.handlers.mfa_account import MfaAccount
from tests.handlers.reading import new_address
from tests.in_process import AsgiService, in_process
from tests.service import IMPORT_TOKEN, PASSWORD, Person
from tests.services.test_passwords import LEGACY

TIMES = Times(argon2=0.02, scrypt=0.03, bcrypt=0.004)
# The clock.
NOW = 1000.0
# Of cost 12; what its password is does not matter.
BCRYPT = "$2a$12$" + "a" * 53


OLD = {kind: LEGACY[kind](PASSWORD) for kind in ("scrypt, salt as bytes", "bcrypt 2a")}


class Work:
    """Counts of verified passwords and of hashes by kind (bcrypt: by cost), and the lengths of delays."""

    def __init__(self) -> None:
        self.verified = self.hashed = self.scrypt = self.bcrypt = 0
        self.delays: list[float] = []

    def __call__(self, request: Callable[..., Response], *given: Any, **options: Any) -> tuple[int, int, list[float]]:
        """Return the counts and delays of a request."""
        self.__dict__ = Work().__dict__
        request(*given, **options)
        return self.verified, self.hashed, self.delays


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsgiService]:
    """The application, to which a hash of cost 12 was imported."""
    with in_process(tmp_path_factory.mktemp("in_process")) as service:
        account = {"email": "imported@example.org", "password": BCRYPT}
        reply = service.http.post("/import/user", json={"import_token": IMPORT_TOKEN, "list": [account]})
        assert reply.json()["imported"] == 1
        assert service.run(service.services.storage.read(hash_costs.find)) == Kinds(12)
        service.run(service.services.storage.write(hash_costs.record, Kinds(0, scrypt=True), clock.now()))
        yield service


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Counts of all work from now on."""
    work = Work()

    async def keep(began: float, seconds: float) -> None:
        assert began == NOW
        work.delays += [seconds] if seconds else []

    monkeypatch.setattr(response_times.pace, "now", lambda: NOW)
    monkeypatch.setattr(response_times.pace, "keep", keep)
    measured = cache(lambda: TIMES)
    measured()
    monkeypatch.setattr(hash_times, "measured", measured)
    _count_hashes(work, monkeypatch)
    return work


def _count_hashes(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    verify, argon2 = passwords._verify, passwords.argon2

    def verified(*given: Any) -> Any:
        work.verified += 1
        return verify(*given)

    def hashed(*given: Any) -> Any:
        work.hashed += 1
        return argon2(*given)

    scrypt, checkpw = passwords.scrypt, bcrypt.checkpw

    def derived(*given: Any) -> Any:
        work.scrypt += 1
        return scrypt(*given)

    def checked(password: bytes, stored: bytes) -> bool:
        work.bcrypt += 2 ** int(stored.split(b"$")[2])
        return checkpw(password, stored)

    def filled(_: bytes, salt: bytes) -> bytes:
        work.bcrypt += 2 ** int(salt.split(b"$")[2])
        return b""

    monkeypatch.setattr(passwords, "_verify", verified)
    monkeypatch.setattr(passwords, "argon2", hashed)
    monkeypatch.setattr(passwords, "scrypt", derived)
    monkeypatch.setattr(bcrypt, "checkpw", checked)
    monkeypatch.setattr(bcrypt, "hashpw", filled)


def person_with(service: AsgiService, **columns: Any) -> Person:
    """A person with a password; `columns` are changed in the database."""
    person = service.sign_up()
    assert person.patch("/account", {"password": PASSWORD}).status_code == 200
    if columns:
        service.run(service.services.storage.write(accounts.change, person.id, **columns))
    return person


def wrong_code(service: AsgiService) -> dict[str, Any]:
    """A sign-in with the right password and a wrong one-time code."""
    return {"username": MfaAccount(service.sign_up()).person.email, "password": PASSWORD, "token": "000000"}


def old_hash(kind: str, service: AsgiService, **columns: Any) -> dict[str, Any]:
    """A sign-in with a wrong password to an account whose hash is FreeSewing's."""
    person = person_with(service, password=OLD[kind], **columns)
    return {"username": person.email, "password": "wrong"}


Body = Callable[[AsgiService], dict[str, Any]]
FAILURES: dict[str, Body] = {
    "unknown": lambda service: {"username": new_address(), "password": PASSWORD},
    "a wrong password": lambda service: {"username": person_with(service).email, "password": "wrong"},
    "a wrong password, scrypt": partial(old_hash, "scrypt, salt as bytes"),
    "a wrong password, bcrypt": partial(old_hash, "bcrypt 2a"),
    "the right password, bcrypt, disabled": lambda service: {
        **old_hash("bcrypt 2a", service, status=DISABLED),
        "password": PASSWORD,
    },
    "the right password, scrypt, disabled": lambda service: {
        **old_hash("scrypt, salt as bytes", service, status=DISABLED),
        "password": PASSWORD,
    },
    "disabled": lambda service: {"username": person_with(service, status=DISABLED).email, "password": PASSWORD},
    "a wrong code": wrong_code,
}


@pytest.mark.parametrize("why", FAILURES)
def test_each_failed_sign_in_computes_the_same_hashes_and_ends_after_the_same_time(
    service: AsgiService, work: Work, why: str
) -> None:
    body = FAILURES[why](service)
    verified, _, delays = work(service.http.post, "/signin", json=body)
    assert (verified, work.scrypt, work.bcrypt) == (1, 2, 2**12)
    assert delays == [TIMES.failure(Kinds(12))]


def test_the_time_of_a_failure_reveals_neither_factor(service: AsgiService, work: Work) -> None:
    mfa_account = MfaAccount(service.sign_up())
    for password, code in (("wrong", "000000"), (PASSWORD, "000000"), ("wrong", mfa_account.scratch_codes[0])):
        assert work(mfa_account.disable, password, code) == (1, 0, [TIMES.failure(Kinds(12))])
        assert (work.scrypt, work.bcrypt) == (2, 2**12)


STATES: dict[str, dict[str, Any] | None] = {
    "unknown": None,
    "active": {"newsletter": True},
    "inactive": {"status": INACTIVE},
    "disabled": {"status": DISABLED},
}


def _hash(email: str) -> str:
    return sha256(email.encode()).hexdigest()


def change_address(service: AsgiService, email: str) -> Response:
    """Request that another account gets the address."""
    return service.sign_up().patch("/account", {"email": email})


Request = Callable[[AsgiService, str], Response]
# With the number of hashes that each computes.
REQUESTS: dict[str, tuple[int, Request]] = {
    "sign up": (1, lambda service, email: service.http.post("/signup", json={"email": email, "language": "en"})),
    "sign-in link": (0, lambda service, email: service.http.post("/signinlink", json={"username": email})),
    "change of address": (1, change_address),
    "subscribe": (
        0,
        lambda service, email: service.http.post("/subscriber", json={"email": email, "language": "en"}),
    ),
    "ask to unsubscribe": (0, lambda service, email: service.http.post("/subscriber/remove", json={"email": email})),
    "unsubscribe": (0, lambda service, email: service.http.delete(f"/subscriber/{_hash(email)}")),
    "one click": (
        0,
        lambda service, email: service.http.post(f"/ocunsub/{_hash(email)}", data={"List-Unsubscribe": "One-Click"}),
    ),
}


@pytest.mark.parametrize("what", REQUESTS)
def test_a_request_about_an_address_takes_the_same_time_whatever_is_known_of_it(
    service: AsgiService, work: Work, what: str
) -> None:
    hashed, request = REQUESTS[what]
    for columns in STATES.values():
        email = new_address() if columns is None else person_with(service, **columns).email
        assert work(request, service, email) == (0, hashed, [SECONDS])


def test_a_report_of_a_leaked_key_takes_the_same_time_whether_it_is_right(service: AsgiService, work: Work) -> None:
    key = service.sign_up().new_key()
    for secret in (key.secret, key.secret, "fsk_nonsense"):
        body = {"key": key.key, "secret": secret}
        assert work(service.http.post, "/apikeys/leaked", json=body) == (0, 0, [SECONDS])


def test_test_mode_is_not_delayed_and_only_its_domain_has_it(service: AsgiService, work: Work) -> None:
    for domain, delays in (("freesewing.dev", []), ("example.org", [SECONDS])):
        body = {"email": f"somebody@{domain}", "language": "en", "test": True}
        assert work(service.http.post, "/signup", json=body) == (0, 1, delays)
