"""Tokens: which ones are refused, and what a good one opens."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from tests.handlers.database import change_account
from tests.matrix import on_sqlite
from tests.problems import problem
from tests.security.credentials import refused
from tests.service import Credentials, Person, Service


@on_sqlite
@pytest.mark.parametrize(
    "header",
    [
        b"[" * 20_000,
        b"[" * 900 + b"]" * 900,
        b'{"alg":' * 3_000,
        b"1",
        b"null",
        b"[]",
        b"{}",
        b'{"alg":null}',
        b'{"alg":[]}',
        b'{"alg":{}}',
        b'{"alg":["HS256"]}',
        b'{"alg":"none"}',
        b'{"alg":"NONE"}',
        b'{"alg":"RS256"}',
        b'{"alg":"HS256","kid":1}',
        b'{"alg":"HS256","kid":"../../dev/null"}',
        b'{"alg":"HS256","b64":false}',
        b'{"alg":"HS256","crit":["x"]}',
        b'{"alg":"\\ud800"}',
        b'{"alg":' + b"9" * 5_000 + b"}",
        b"\xff",
    ],
    ids=lambda header: ascii(header[:30]),
)
def test_a_token_with_an_odd_header_is_refused(service: Service, owner: Person, header: bytes) -> None:
    _, payload, signature = owner.token.split(".")
    odd = urlsafe_b64encode(header).rstrip(b"=").decode()
    for rest in (f"{payload}.{signature}", f"{payload}.", "e30.e30", ".", ""):
        refused(service, f"Bearer {odd}.{rest}")


def claims_of(person: Person) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(person.token, options={"verify_signature": False})
    return claims


@on_sqlite
def test_a_token_is_what_we_think_it_is(service: Service, owner: Person, signing_key: bytes) -> None:
    again = jwt.encode(claims_of(owner), signing_key, algorithm="HS256")
    assert Credentials(service, f"Bearer {again}").get("/whoami").status_code == 200
    assert claims_of(owner)["exp"] - claims_of(owner)["iat"] == 7 * 86_400


@on_sqlite
def test_a_token_of_an_instance_whose_clock_is_ahead_is_accepted_until_it_expires(
    service: Service, owner: Person, signing_key: bytes
) -> None:
    now = int(datetime.now(UTC).timestamp())
    for ahead in (5, 3_600):
        later = jwt.encode({**claims_of(owner), "iat": now + ahead}, signing_key, algorithm="HS256")
        assert Credentials(service, f"Bearer {later}").get("/whoami").status_code == 200
    ended = jwt.encode({**claims_of(owner), "iat": now + 5, "exp": now - 1}, signing_key, algorithm="HS256")
    refused(service, f"Bearer {ended}")
    export = owner.get("/account/export").json()["export"]["token"]
    claims = jwt.decode(export, options={"verify_signature": False})
    later = jwt.encode({**claims, "iat": now + 5}, signing_key, algorithm="HS256")
    assert service.http.get(f"/exports/{later}").status_code == 200


def without(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda claims: {name: value for name, value in claims.items() if name not in names}


def with_(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda claims: {**claims, **changes}


@on_sqlite
@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("expired", with_(exp=1_700_000_000)),
        ("expired a second ago", lambda claims: {**claims, "exp": int(datetime.now(UTC).timestamp()) - 1}),
        ("not yet good", with_(nbf=4_000_000_000)),
        ("without expiry", without("exp")),
        ("with an expiry that is no time", with_(exp="never")),
        ("with an expiry after the last day of the calendar", with_(exp=9e18)),
        ("of an account whose number is a boolean", with_(_id=True)),
        ("of an account whose number is a list", with_(_id=[1])),
        ("without a time of making", without("iat")),
        ("without an account", without("_id")),
        ("without an epoch", without("epoch")),
        ("of a later epoch, without a session", lambda claims: without("sid")({**claims, "epoch": 1})),
        ("of an earlier epoch", with_(epoch=-1)),
        ("of a session that there is not", with_(sid="5b0a6a0e-3f0b-4b52-9d3c-6a8d5d0c1b2e")),
        ("of no session in particular", with_(sid=7)),
        ("of an administrator without a session", with_(by=1)),
        ("of nobody", with_(_id=10**14)),
        ("for another audience", with_(aud="http://elsewhere.example")),
        ("for exports", lambda claims: {**claims, "aud": claims["iss"] + "/exports"}),
        ("for nobody in particular", without("aud")),
        ("from another issuer", with_(iss="http://elsewhere.example")),
        ("from nobody in particular", without("iss")),
    ],
)
def test_a_token_that_is_signed_but_not_good_is_refused(
    service: Service, owner: Person, signing_key: bytes, what: str, change: Callable[[Any], dict[str, Any]]
) -> None:
    refused(service, "Bearer " + jwt.encode(change(claims_of(owner)), signing_key, algorithm="HS256"))


@on_sqlite
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_token_that_is_not_signed_by_us_is_refused(
    service: Service, owner: Person, alice: Person, signing_key: bytes
) -> None:
    header, payload, signature = owner.token.split(".")
    _, others_payload, others_signature = alice.token.split(".")
    claims = {**claims_of(owner), "role": "admin"}
    raised = urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    for token in (
        jwt.encode(claims, "another key, as long as it needs to be", algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, signing_key, algorithm="HS512"),
        jwt.encode(claims, json.loads((service.data / "secrets.json").read_text())["secret_key"], algorithm="HS256"),
        f"{header}.{raised}.{signature}",
        f"{header}.{others_payload}.{signature}",
        f"{header}.{payload}.{others_signature}",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        f"{header}.{payload}.{signature[:-2]}",
        f"{header}.{payload}.{signature[::-1]}",
        f"{owner.token}.{signature}",
        f"{payload}.{header}.{signature}",
        f"{owner.token} {owner.token}",
    ):
        refused(service, f"Bearer {token}")


@on_sqlite
def test_the_token_of_an_export_opens_the_export_alone_and_no_other_token_does(
    service: Service, owner: Person
) -> None:
    export = owner.get("/account/export").json()["export"]["token"]
    assert service.http.get(f"/exports/{export}").status_code == 200
    refused(service, f"Bearer {export}")
    problem(service.http.get(f"/exports/{owner.token}"), 404, "notFound")


def test_a_token_carries_no_role_that_its_account_has_not(service: Service, alice: Person, bob: Person) -> None:
    others = f"/sets/{bob.new_set()['id']}"
    boss = service.sign_up("admin")
    assert boss.get(others).status_code == 200
    change_account(service, boss.id, role="user")
    problem(boss.get(others), 403, "insufficientAccessLevel")
    change_account(service, alice.id, role="bughunter")
    assert alice.get(others).status_code == 200
