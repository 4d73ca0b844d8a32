"""Tokens: whose they are, for how long, for what, and everything that is not one."""

import gc
import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest

from core import clock
from core.errors import Unauthorized
from services.auth.tokens import Export, Session, Tokens

KEY = b"k" * 32
ISSUER = "https://api.example.org"
tokens = Tokens(KEY, ISSUER)
SESSION = UUID("5b0a6a0e-3f0b-4b52-9d3c-6a8d5d0c1b2e")
ACCOUNT = {"id": 12, "epoch": 3, "username": "alice", "role": "user", "status": 1}


def is_good_for(server: Tokens, token: str) -> bool:
    """Whether this server accepts a session token."""
    try:
        server.verify(token)
    except Unauthorized:
        return False
    return True


def claims(**changes: Any) -> dict[str, Any]:
    """Those of a good token, changed; None takes one out."""
    now = int(clock.now().timestamp())
    good = {"_id": 12, "epoch": 3, "aud": ISSUER, "iss": ISSUER, "iat": now, "exp": now + 60}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(key: bytes = KEY, algorithm: str = "HS256", **changes: Any) -> str:
    """A token with these claims."""
    return jwt.encode(claims(**changes), key, algorithm=algorithm)


def test_a_session_token_says_whose_it_is_and_of_which_epoch() -> None:
    now = clock.now()
    until = now.replace(microsecond=0) + timedelta(days=7)
    assert tokens.verify(tokens.issue(ACCOUNT, SESSION, now)) == Session(12, 3, until, None, SESSION)


def test_a_session_token_has_freesewings_claims_and_lasts_a_week() -> None:
    now = clock.now()
    found = jwt.decode(tokens.issue(ACCOUNT, SESSION, now), options={"verify_signature": False})
    assert found == {
        "_id": 12,
        "epoch": 3,
        "username": "alice",
        "role": "user",
        "status": 1,
        "aud": ISSUER,
        "iss": ISSUER,
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(days=7)).timestamp()),
        "sid": str(SESSION),
    }


@pytest.mark.parametrize(
    ("age", "good"), [(timedelta(days=7, minutes=-1), True), (timedelta(days=7, seconds=1), False)]
)
def test_a_session_ends_after_a_week(age: timedelta, good: bool) -> None:
    assert is_good(tokens.issue(ACCOUNT, SESSION, clock.now() - age)) == good


@pytest.mark.parametrize(("age", "good"), [(timedelta(hours=23), True), (timedelta(hours=24, seconds=1), False)])
def test_an_export_ends_after_a_day(age: timedelta, good: bool) -> None:
    made = (clock.now() - age).replace(microsecond=0)
    export = Export(12, 3, True, made + timedelta(days=1), SESSION)
    token = tokens.issue_export(export, made)
    if good:
        assert tokens.verify_export(token) == export
    else:
        with pytest.raises(Unauthorized):
            tokens.verify_export(token)


@pytest.mark.parametrize("ahead", [timedelta(seconds=5), timedelta(seconds=59)])
def test_the_clock_of_the_instance_that_issued_a_token_may_be_ahead(ahead: timedelta) -> None:
    made = (clock.now() + ahead).replace(microsecond=0)
    assert is_good(tokens.issue(ACCOUNT, SESSION, made))
    assert is_good(tokens.issue_impersonation(ACCOUNT, 1, SESSION, made))
    export = Export(12, 3, True, made + timedelta(days=1), SESSION)
    assert tokens.verify_export(tokens.issue_export(export, made)) == export


@pytest.mark.parametrize(("seconds", "good"), [(5, True), (50, True), (70, False)])
def test_a_token_may_begin_up_to_a_minute_from_now(seconds: int, good: bool) -> None:
    assert is_good(signed(nbf=int(clock.now().timestamp()) + seconds)) == good


def test_the_time_of_issue_does_not_invalidate_a_token() -> None:
    now = int(clock.now().timestamp())
    assert is_good(signed(iat=4_000_000_000))
    assert is_good(signed(iat=1))
    assert not is_good(signed(iat=now + 10, exp=now))


@pytest.mark.parametrize("seconds", [0, 1, 59])
def test_the_leeway_does_not_lengthen_the_life_of_a_token(seconds: int) -> None:
    end = int(clock.now().timestamp()) - seconds
    assert not is_good(signed(exp=end))
    with pytest.raises(Unauthorized):
        tokens.verify_export(signed(exp=end, aud=ISSUER + "/exports", sid=str(SESSION)))


def test_neither_kind_stands_in_for_the_other() -> None:
    with pytest.raises(Unauthorized):
        tokens.verify(tokens.issue_export(Export(12, 3, True, clock.now() + timedelta(days=1)), clock.now()))
    with pytest.raises(Unauthorized):
        tokens.verify_export(tokens.issue(ACCOUNT, SESSION, clock.now()))


def is_good(token: str) -> bool:
    """Whether a session token is accepted."""
    return is_good_for(tokens, token)


def test_the_forger_of_these_tests_can_make_a_good_one() -> None:
    assert is_good(signed())


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"exp": None},
        {"exp": "soon"},
        {"iat": None},
        {"nbf": 4_000_000_000},
        {"aud": None},
        {"aud": "https://other.example.org"},
        {"aud": ISSUER + "/exports"},
        {"iss": None},
        {"iss": "https://other.example.org"},
        {"_id": None},
        {"epoch": None},
        {"exp": 9e18},
        {"exp": 10**18},
        {"exp": 4_000_000_000.5},
        {"_id": True},
        {"_id": [1]},
        {"_id": 12.0},
        {"_id": "12"},
        {"_id": 0},
        {"_id": -12},
        {"_id": 2**63},
        {"epoch": True},
        {"epoch": {}},
        {"epoch": -1},
        {"epoch": 2**31},
        {"by": True},
        {"by": [1]},
        {"by": 2**63},
        {"sid": 7},
        {"sid": "me"},
        {"sid": [1]},
    ],
    ids=str,
)
def test_a_token_with_other_claims_is_none(changes: dict[str, Any]) -> None:
    assert not is_good(signed(**changes))


def test_no_token_is_kept_in_memory() -> None:
    token = tokens.issue(ACCOUNT, SESSION, clock.now())
    tokens.verify(token)
    assert gc.get_referrers(token) == []


def _encoded(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_token_signed_otherwise_is_none() -> None:
    head, body, signature = signed().split(".")
    forged = [
        signed(b"x" * 32),
        signed(algorithm="HS384", key=KEY * 2),
        signed(algorithm="HS512", key=KEY * 2),
        f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        f"{_encoded({'alg': 'None'})}.{body}.{signature}",
        f"{head}.{body}.",
        f"{head}.{_encoded(claims(_id=1))}.{signature}",
    ]
    assert [is_good(token) for token in forged] == [False] * len(forged)


@pytest.mark.parametrize("garbage", ["", ".", "..", "a.b.c", "é.é.é", "x" * 5000, "null", "\x00"])
def test_garbage_is_none(garbage: str) -> None:
    assert not is_good(garbage)


def test_another_servers_address_or_key_makes_another_server() -> None:
    token = tokens.issue(ACCOUNT, SESSION, clock.now())
    assert not is_good_for(Tokens(KEY, "https://other.example.org"), token)
    assert not is_good_for(Tokens(b"x" * 32, ISSUER), token)
