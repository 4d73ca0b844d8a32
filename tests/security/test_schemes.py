"""Both authentication schemes and invalid ones: the operations that accept each, and the errors of the others."""

from uuid import uuid4

import pytest

from core import document
from services.auth import api_secrets
from tests.matrix import on_sqlite
from tests.problems import problem
from tests.security.credentials import BASIC, BEARER, basic, refused
from tests.service import ApiKey, Credentials, Person, Service, wait_until
from tests.wire import exchange, head

# Both schemes


def test_a_token_and_a_key_each_say_whose_they_are(owner: Person, key: ApiKey) -> None:
    assert owner.get("/whoami").json()["account"]["id"] == owner.id
    shown = key.get("/whoami").json()["apikey"]
    assert (shown["key"], shown["userId"], shown["level"]) == (key.key, owner.id, 4)


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
        problem(exchange(service, head("GET", "/whoami", *headers)), 400, "validationFailed")


@on_sqlite
@pytest.mark.parametrize("authorization", ["Basic x", "Bearer x", "Digest x", "", "\xff", "Basic " + "A" * 20_000])
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
    # What the server counts at its start is not there from the first moment.
    wait_until(lambda: service.http.get("/info/stats").status_code == 200, "the first count")
    assert exchange(service, head(method, path, f"Authorization: {authorization}")).status_code == 200


BAD = ("Basic x", "Bearer x", "Digest x", basic(str(uuid4()), api_secrets.new_secret()))


@pytest.mark.parametrize("authorization", BAD)
def test_bad_credentials_do_not_hide_public_records(service: Service, owner: Person, authorization: str) -> None:
    caller = Credentials(service, authorization)
    for path in ("/curated-sets", "/curated-sets/1", f"/sets/{owner.new_set(public=True)['id']}.json"):
        assert caller.get(path).json() == service.http.get(path).json()
    refused(service, authorization, path=f"/sets/{owner.new_set()['id']}.json")
    refused(service, authorization, path="/curated-sets/999999")


def test_credentials_of_an_ended_key_do_not_hide_public_records(service: Service, owner: Person, key: ApiKey) -> None:
    public, private = (f"/sets/{owner.new_set(public=public)['id']}.json" for public in (True, False))
    assert owner.delete(f"/apikeys/{key.key}").status_code == 204
    assert key.get(public).json()["name"] == "a set"
    refused(service, key.authorization, "keyRevoked", path=private)


def test_an_account_without_consent_reads_public_records(service: Service, owner: Person) -> None:
    public, private = (f"/sets/{owner.new_set(public=public)['id']}.json" for public in (True, False))
    alice = service.sign_up()
    token = alice.patch("/consent", {"consent": 0}).json()["token"]
    undecided = Credentials(service, f"Bearer {token}")
    assert undecided.get(public).json()["name"] == "a set"
    problem(undecided.get(private), 451, "consentLacking")


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
        b"Bearer " + b"." * 20_000,
        b"Bearer " + b"a" * 20_000,
        b"Bearer null",
        b"Basic x",
        b"Basic =",
        b"Basic ====",
        b"Basic " + b"A" * 20_000,
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
        basic("a" * 8_000, "b" * 8_000).encode(),
    ],
    ids=lambda text: ascii(text[:30]),
)
def test_what_cannot_be_credentials_is_refused(service: Service, authorization: bytes) -> None:
    detail = refused(service, authorization)
    assert detail in {
        "This operation needs credentials.",
        "This path does not accept credentials of this kind.",
        "The token is invalid or has expired.",
        "The credentials are not an API key and its secret.",
    }
