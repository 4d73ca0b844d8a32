"""Helpers of the tests of sign-ins: the account, its names, and accounts that cannot sign in."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from storage.accounts import DISABLED, INACTIVE, RESTRICTED
from tests.service import PASSWORD, Person, Service

FAILED = (401, "signInFailed")
KEPT_OUT = [{"status": INACTIVE}, {"status": RESTRICTED}, {"status": DISABLED}, {"role": "blocked"}]


def with_password(service: Service) -> Person:
    """Return a user with a password and a chosen user name."""
    person = service.sign_up()
    reply = person.patch("/account", {"password": PASSWORD, "username": f"Alice-{uuid4().hex[:12]}"})
    assert reply.status_code == 200
    return person


NAMES: dict[str, Callable[[dict[str, Any]], str]] = {
    "user name": lambda account: str(account["username"]),
    "user name in capitals": lambda account: str(account["username"]).upper(),
    "user name in lower case": lambda account: str(account["lusername"]),
    "user name with spaces around": lambda account: f" {account['username']}  ",
    "address": lambda account: str(account["email"]),
    "address in capitals": lambda account: str(account["email"]).upper(),
    "address with spaces around": lambda account: f"  {account['email']} ",
    "number": lambda account: str(account["id"]),
    "uuid": lambda account: str(account["uuid"]),
}
