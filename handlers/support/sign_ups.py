"""Signing up: the account, and the mail to its owner."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core.errors import Refused
from security import ROLE_LEVELS
from storage import accounts, confirmations, mails


def test_role(body: dict[str, Any]) -> str:
    """Return the role that test mode gives a new account; raises Refused for one that does not exist."""
    role = body.get("role", "user")
    if role not in (*ROLE_LEVELS, accounts.BLOCKED):
        raise Refused("validationFailed", "The role must be one of the roles of accounts.")
    return str(role)


def request(
    connection: Connection,
    email: str,
    language: str,
    *,
    role: str,
    password: str,
    silent: bool,
    now: datetime,
) -> confirmations.Issued | None:
    """Create the account unless there is one, and put the mail in the queue that fits its state.

    Return the confirmation in the mail; None if the account may not sign in. Part of a write.
    """
    account = accounts.find_or_create(connection, email, language=language, role=role, password=password, now=now)
    kind, issued, link = "signup-aed", None, ""
    if account["status"] == accounts.INACTIVE:
        kind = confirmations.SIGN_UP
        issued = confirmations.issue(connection, kind, user_id=account["id"], now=now)
        link = f"/confirm/signup/{issued.id}/{issued.check}"
    elif account["status"] == accounts.ACTIVE and account["role"] in ROLE_LEVELS:
        kind = confirmations.HAVE_ACCOUNT
        issued = confirmations.issue(connection, kind, user_id=account["id"], now=now)
        link = f"/confirm/signin/{issued.id}/{issued.check}"
    if not silent:
        mail = {"kind": kind, "language": language, "to": account["email"], "link": link}
        mails.enqueue(connection, mail, user_id=account["id"], now=now)
    return issued
