"""What tests do with accounts: reading them, changing them, and signing in to them."""

from typing import Any
from uuid import uuid4

import httpx2

from tests.service import PASSWORD, Credentials, Person, Service, confirmation_of


def account_of(person: Credentials) -> dict[str, Any]:
    """The account as it is."""
    account: dict[str, Any] = person.get("/account").json()["account"]
    return account


def patched(person: Credentials, body: dict[str, Any]) -> dict[str, Any]:
    """The account after a change."""
    reply = person.patch("/account", body)
    assert reply.status_code == 200, reply.text
    account: dict[str, Any] = reply.json()["account"]
    return account


def new_name() -> str:
    """Return an unused user name."""
    return f"Name {uuid4().hex[:12]}"


def sign_in(service: Service, username: Any, password: Any = PASSWORD, **extra: Any) -> httpx2.Response:
    """Sign in with a password."""
    return service.http.post("/signin", json={"username": username, "password": password, **extra})


def asked_for_change(person: Person, new: str) -> dict[str, str]:
    """What finishes a change of address, as test mode gives it."""
    confirmation = confirmation_of(person.patch("/account", {"email": new, "test": True}).json())
    return {"confirm": "emailchange", "confirmation": confirmation["id"], "check": confirmation["check"]}
