"""The accounts behind tokens and keys: what ends, and what opens without consent."""

from typing import Any

import pytest

from core import document
from services.auth import api_secrets
from tests.handlers.database import change_account
from tests.problems import problem
from tests.security.credentials import basic, refused
from tests.service import Credentials, Person, Service

WITHOUT_CONSENT = {"give_consent", "export_account", "remove_account"}


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
    assert "no API key" in refused(service, basic(key.key, api_secrets.new_secret()))
    change_account(service, alice.id, status=1, role="user")
    for credentials in (alice, key):
        assert credentials.get("/whoami").status_code == 200


def test_without_consent_a_token_opens_three_operations_alone(service: Service, alice: Person) -> None:
    key = alice.new_key()
    assert alice.patch("/account", {"consent": 0}).status_code == 200
    for path, method, operation in document.operations(document.load()):
        if {"bearer": []} not in operation["security"] or operation["operationId"] in WITHOUT_CONSENT:
            continue
        if {} in operation["security"] and method == "get":
            continue  # answered as to an anonymous caller
        target = path.format(id=alice.id, key=key.key, type="blog", slug="a-post")
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
