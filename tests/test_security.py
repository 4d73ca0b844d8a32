"""Who comes in, who does not, and what each is told: tokens, API keys, and the accounts behind them."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from sqlalchemy import update

import document
from services import keys
from services.derivation import derive
from storage.tables import apikeys
from tests.handlers.database import change_account, execute
from tests.problems import problem, unharmed
from tests.service import ApiKey, Credentials, Person, Service
from tests.wire import exchange, head

on_sqlite = pytest.mark.parametrize("service", ["sqlite"], indirect=True)
BEARER = 'Bearer realm="freesewing-api"'
BASIC = 'Basic realm="freesewing-api", charset="UTF-8"'
WITHOUT_CONSENT = {"give_consent", "export_account", "remove_account"}


@pytest.fixture(scope="module", autouse=True)
def _unharmed(service: Service) -> Iterator[None]:
    with unharmed(service):
        yield


@pytest.fixture(scope="module")
def owner(service: Service) -> Person:
    """Somebody whose account stays as it is, all through this module."""
    return service.sign_up()


@pytest.fixture(scope="module")
def key(owner: Person) -> ApiKey:
    """A key that stays good."""
    return owner.new_key()


def basic(name: str | bytes, secret: str | bytes = b"", colon: bytes = b":") -> str:
    parts = [part.encode() if isinstance(part, str) else part for part in (name, secret)]
    return "Basic " + b64encode(colon.join(parts)).decode()


def refused(service: Service, authorization: str | bytes, code: str = "unauthorized", path: str = "/whoami") -> str:
    """The sentence with which the credentials are turned away."""
    line = authorization if isinstance(authorization, bytes) else authorization.encode("latin-1")
    reply = exchange(service, head("GET", path, b"Authorization: " + line))
    assert reply.headers["www-authenticate"] == f"{BEARER}, {BASIC}"
    return str(problem(reply, 401, code)["detail"])


def change_key(service: Service, key: ApiKey, **columns: Any) -> None:
    execute(service, update(apikeys).where(apikeys.c.key == UUID(key.key)).values(**columns))


# Both schemes


def test_a_token_and_a_key_each_say_whose_they_are(owner: Person, key: ApiKey) -> None:
    assert owner.get("/whoami").json()["account"]["id"] == owner.id
    told = key.get("/whoami").json()["apikey"]
    assert (told["key"], told["userId"], told["level"]) == (key.key, owner.id, 4)


@on_sqlite
def test_a_scheme_is_known_in_any_case_and_after_any_spaces(service: Service, owner: Person, key: ApiKey) -> None:
    token = owner.token
    for authorization in (f"bearer {token}", f"BEARER   {token}", key.authorization.replace("Basic", "bAsIC ")):
        assert Credentials(service, authorization).get("/whoami").status_code == 200


@on_sqlite
def test_nothing_is_asked_for_by_both_its_names(service: Service) -> None:
    reply = service.http.get("/whoami")
    assert problem(reply, 401, "unauthorized")["detail"] == "This operation needs credentials."
    assert reply.headers["www-authenticate"] == f"{BEARER}, {BASIC}"


@pytest.mark.parametrize("path", ["/whoami", "/sets", "/account", "/apikeys", "/users/{id}"])
def test_a_suffix_takes_its_own_scheme_only(owner: Person, key: ApiKey, path: str) -> None:
    path = path.format(id=owner.id)
    for suffix, good, bad, challenge in (("/jwt", owner, key, BEARER), ("/key", key, owner, BASIC)):
        assert good.get(path + suffix).status_code == 200
        for reply in (bad.get(path + suffix), owner.service.http.get(path + suffix)):
            problem(reply, 401, "unauthorized")
            assert reply.headers["www-authenticate"] == challenge


def test_what_takes_tokens_only_takes_no_key_under_any_name(owner: Person, key: ApiKey) -> None:
    for method, path, body in (("PATCH", "/consent", {"consent": 3}), ("POST", "/account/mfa", {"mfa": True})):
        refused = [key.request(method, path + suffix, json=body) for suffix in ("", "/jwt", "/key")]
        # At /key not even a good token is taken: that path takes keys, and the operation takes none.
        refused += [
            anyone.request(method, path + "/key", json=body) for anyone in (owner, Credentials(owner.service, ""))
        ]
        for reply in refused:
            problem(reply, 401, "unauthorized")
            assert reply.headers["www-authenticate"] == BEARER
    assert owner.get("/account").json()["account"]["consent"] == 2


@on_sqlite
def test_of_two_authorization_headers_neither_is_taken(service: Service, owner: Person, key: ApiKey) -> None:
    pairs = [(owner, key), (key, owner), (owner, owner), (owner, Credentials(service, ""))]
    for first, second in pairs:
        headers = [f"Authorization: {credentials.authorization}" for credentials in (first, second)]
        problem(exchange(service, head("GET", "/whoami", *headers)), 401, "unauthorized")


@on_sqlite
@pytest.mark.parametrize("authorization", ["Basic x", "Bearer x", "Digest x", "", "\xff", "Basic " + "A" * 50_000])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method.upper(), path)
        for path, method, operation in document.operations(document.load())
        if operation["security"] == [] and "{" not in path and method == "get"
    ],
)
def test_public_operations_do_not_look_at_credentials(
    service: Service, method: str, path: str, authorization: str
) -> None:
    assert exchange(service, head(method, path, f"Authorization: {authorization}")).status_code == 200


def test_where_credentials_may_be_left_out_bad_ones_do_not_count_as_none(service: Service, owner: Person) -> None:
    made = owner.new_set(public=True)
    for path in (f"/sets/{made['id']}.json", f"/sets/{made['id']}.yaml"):
        assert service.http.get(path).status_code == 200
        for authorization in ("Basic x", "Bearer x", "Digest x", basic(str(uuid4()), keys.new_secret())):
            refused(service, authorization, path=path)


# Malformed credentials


@on_sqlite
@pytest.mark.parametrize(
    "authorization",
    [
        b"",
        b" ",
        b"Bearer",
        b"Bearer ",
        b"Basic",
        b"Basic ",
        b"Bearer\t.",
        b"BearerX",
        b"Digest username=x",
        b"Negotiate YII=",
        b"AWS4-HMAC-SHA256 x",
        b"\xff",
        b"\xff \xff",
        b"Bearer \xff\xfe",
        b"Basic \xff\xfe",
        "Bearer ключ".encode(),
        "Basic ключ".encode(),
        "Bas\u0131c eA==".encode(),
        b"Bearer .",
        b"Bearer ..",
        b"Bearer ...",
        b"Bearer a.b.c",
        b"Bearer " + b"." * 50_000,
        b"Bearer " + b"a" * 500_000,
        b"Bearer null",
        b"Basic x",
        b"Basic =",
        b"Basic ====",
        b"Basic " + b"A" * 500_000,
        b"Basic eA",
        b"Basic -_-_",
        b"Basic eA==, Bearer x",
        basic("nothing", colon=b"").encode(),
        basic("").encode(),
        basic("", colon=b"").encode(),
        basic("", "::").encode(),
        basic(b"\0", b"\0").encode(),
        basic(b"\xff", b"\xff").encode(),
        basic("ключ", "секрет").encode(),
        basic("admin", "admin").encode(),
        basic("1", "' OR 1=1 --").encode(),
        basic("a" * 100_000, "b" * 100_000).encode(),
    ],
    ids=lambda text: ascii(text[:30]),
)
def test_what_cannot_be_credentials_is_refused(service: Service, authorization: bytes) -> None:
    detail = refused(service, authorization)
    assert detail in {
        "This operation needs credentials.",
        "These credentials are of a kind that this path does not take.",
        "The token is not valid or has expired.",
        "These are not an API key and its secret.",
    }


@on_sqlite
@pytest.mark.parametrize(
    "header",
    [
        b"[" * 100_000,
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


# Tokens


@pytest.fixture(scope="module")
def signing_key(service: Service) -> bytes:
    """What the server signs tokens with."""
    return derive(json.loads((service.data / "secrets.json").read_text())["secret_key"], "tokens")


def claims_of(person: Person) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(person.token, options={"verify_signature": False})
    return claims


@on_sqlite
def test_a_token_is_what_we_think_it_is(service: Service, owner: Person, signing_key: bytes) -> None:
    again = jwt.encode(claims_of(owner), signing_key, algorithm="HS256")
    assert Credentials(service, f"Bearer {again}").get("/whoami").status_code == 200
    assert claims_of(owner)["exp"] - claims_of(owner)["iat"] == 7 * 86_400


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
        ("not yet made", with_(iat=4_000_000_000, exp=4_100_000_000)),
        ("not yet good", with_(nbf=4_000_000_000)),
        ("without expiry", without("exp")),
        ("with an expiry that is no time", with_(exp="never")),
        ("without a time of making", without("iat")),
        ("without an account", without("_id")),
        ("without an epoch", without("epoch")),
        ("of a later epoch", with_(epoch=1)),
        ("of an earlier epoch", with_(epoch=-1)),
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


# API keys


def test_a_key_with_another_secret_is_refused_like_an_unknown_one(
    service: Service, key: ApiKey, owner: Person
) -> None:
    known = refused(service, basic(key.key, owner.new_key().secret))
    unknown = refused(service, basic(str(uuid4()), key.secret))
    invented = refused(service, basic(key.key, keys.new_secret()))
    assert known == unknown == invented


@on_sqlite
def test_no_garbage_passes_for_a_secret(service: Service, key: ApiKey) -> None:
    secret = key.secret
    flipped = [secret[:at] + ("x" if secret[at] != "x" else "y") + secret[at + 1 :] for at in range(len(secret))]
    cut = [
        secret[:-1],
        secret[1:],
        secret[4:],
        secret + "x",
        secret + " ",
        " " + secret,
        secret + "\n",
        secret + "\0",
    ]
    swapped = [secret.swapcase(), secret.upper(), secret[::-1], secret + ":", "f" * 64, "", "é" * len(secret)]
    for garbage in (*flipped, *cut, *swapped):
        assert refused(service, basic(key.key, garbage)) == "These are not an API key and its secret."
    for name in ("", "1", key.key[:-1], key.key + "0", " " + key.key, key.key + "\0", f"urn:uuid:{key.key}", "é"):
        refused(service, basic(name, secret))
    assert key.get("/whoami").status_code == 200


def test_an_expired_key_is_told_so_only_with_its_secret(service: Service, alice: Person) -> None:
    key, other = alice.new_key(), alice.new_key()
    change_key(service, key, expires_at=datetime(2024, 2, 29, 12, tzinfo=UTC))
    assert refused(service, key.authorization, "keyExpired") == "The API key expired on 2024-02-29T12:00:00.000Z."
    assert "no API key" in refused(service, basic(key.key, other.secret))
    assert key.key in [listed["key"] for listed in alice.get("/apikeys").json()["apikeys"]]
    change_key(service, key, expires_at=datetime.now(UTC) + timedelta(hours=1))
    assert key.get("/whoami").status_code == 200


def test_a_deleted_key_is_told_so_only_with_its_secret_and_at_once(service: Service, alice: Person) -> None:
    key, other = alice.new_key(), alice.new_key()
    assert key.delete(f"/apikeys/{key.key}").status_code == 204
    assert "revoked on" in refused(service, key.authorization, "keyRevoked")
    assert "no API key" in refused(service, basic(key.key, other.secret))
    # That it was revoked is told first, however long ago it expired too.
    change_key(service, key, expires_at=datetime(2024, 2, 29, tzinfo=UTC))
    refused(service, key.authorization, "keyRevoked")
    assert other.get("/whoami").status_code == 200


def test_a_key_never_has_more_than_its_owners_level(service: Service, bob: Person) -> None:
    others = f"/sets/{bob.new_set()['id']}"
    boss = service.sign_up("admin")
    key = boss.new_key(9)
    assert key.get(others).status_code == 200
    for role, status in (("support", 200), ("bughunter", 200), ("curator", 403), ("user", 403), ("admin", 200)):
        change_account(service, boss.id, role=role)
        assert key.get(others).status_code == status
        assert key.get("/sets").status_code == 200


@pytest.mark.parametrize("level", range(5))
def test_a_key_has_no_more_than_its_own_level(owner: Person, level: int) -> None:
    key = owner.new_key(level)
    for method, path, needed in (
        ("GET", "/whoami", 0),
        ("GET", "/sets", 1),
        ("GET", "/account", 1),
        ("GET", "/apikeys", 2),
        ("PATCH", "/sets/999999999999999", 3),
        ("PATCH", "/account", 4),
    ):
        reply = key.request(method, path)
        if level >= needed:
            assert reply.status_code in (200, 404)
        else:
            problem(reply, 403, "insufficientAccessLevel")


def test_no_key_makes_one_that_may_do_more(owner: Person) -> None:
    boss = owner.service.sign_up("admin")
    for asks, level in ((owner, 5), (boss.new_key(4), 5), (owner.new_key(4), 9)):
        reply = asks.post("/apikeys", {"name": "more", "level": level, "expiresIn": 60})
        problem(reply, 400, "keyLevelExceedsRoleLevel")
    problem(
        boss.new_key(3).post("/apikeys", {"name": "x", "level": 0, "expiresIn": 60}), 403, "insufficientAccessLevel"
    )


# The accounts behind them


def test_a_frozen_account_ends_every_session_and_every_key_for_good(service: Service, alice: Person) -> None:
    key = alice.new_key()
    export = alice.get("/account/export").json()["export"]["token"]
    assert alice.post("/account/restrict").status_code == 200
    assert refused(service, alice.authorization) == "The session has ended."
    refused(service, key.authorization, "keyRevoked")
    problem(service.http.get(f"/exports/{export}"), 404, "notFound")
    change_account(service, alice.id, status=1)
    refused(service, alice.authorization)
    refused(service, key.authorization, "keyRevoked")


def test_a_removed_account_ends_every_session_and_every_key(service: Service, alice: Person) -> None:
    key = alice.new_key()
    assert key.delete("/account").status_code == 200
    refused(service, alice.authorization)
    assert "no API key" in refused(service, key.authorization)


@pytest.mark.parametrize(
    "columns", [{"status": 0}, {"status": -1}, {"status": -2}, {"role": "blocked"}, {"role": "?"}]
)
def test_an_account_that_may_not_sign_in_has_no_session_and_no_key_while_it_may_not(
    service: Service, alice: Person, columns: dict[str, Any]
) -> None:
    key = alice.new_key()
    change_account(service, alice.id, **columns)
    assert refused(service, alice.authorization) == "The session has ended."
    assert refused(service, key.authorization) == "The account of this API key may not sign in."
    assert "no API key" in refused(service, basic(key.key, keys.new_secret()))
    change_account(service, alice.id, status=1, role="user")
    for credentials in (alice, key):
        assert credentials.get("/whoami").status_code == 200


def test_without_consent_a_token_opens_three_operations_alone(service: Service, alice: Person) -> None:
    key = alice.new_key()
    assert alice.patch("/account", {"consent": 0}).status_code == 200
    for path, method, operation in document.operations(document.load()):
        if {"bearer": []} not in operation["security"] or operation["operationId"] in WITHOUT_CONSENT:
            continue
        target = path.format(id=alice.id, key=key.key)
        problem(alice.request(method.upper(), target), 451, "consentLacking")
    assert alice.get("/account/export").status_code == 200
    refused(service, key.authorization, "keyRevoked")
    session = alice.patch("/consent", {"consent": 1}).json()
    assert Credentials(service, f"Bearer {session['token']}").get("/account").json()["account"]["consent"] == 1
    refused(service, key.authorization, "keyRevoked")


def test_without_consent_a_key_opens_nothing_and_a_token_can_still_remove_the_account(
    service: Service, alice: Person
) -> None:
    key = alice.new_key()
    change_account(service, alice.id, consent=0)
    for path in ("/whoami", "/account", "/account/export", "/sets"):
        refused(service, key.authorization, path=path)
    problem(key.delete("/account"), 401, "unauthorized")
    assert alice.delete("/account").status_code == 200
    refused(service, alice.authorization)


def test_the_open_operations_are_those_that_the_document_says_are_open() -> None:
    operations = document.operations(document.load())
    marked = {found["operationId"] for _, _, found in operations if found.get("x-without-consent")}
    assert marked == WITHOUT_CONSENT
