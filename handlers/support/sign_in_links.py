"""Mails with a sign-in link."""

from datetime import datetime

from sqlalchemy import Connection

from core.errors import QuotaExceeded
from security import may_sign_in
from services.container import Services
from storage import accounts, confirmations, mails


def request(
    connection: Connection, services: Services, username: str | int, address: str | None, now: datetime
) -> QuotaExceeded | None:
    """Queue a mail with a link, unless the account has had too many. Return the error of the response, if any."""
    found = accounts.find_by_login(connection, username)
    # Locked, so that an administrator who blocks the account at the same time prevents or removes the link.
    locked = accounts.lock_all(connection, [found["id"]]).get(found["id"]) if found else None
    account = locked if locked is not None and may_sign_in(locked["role"], locked["status"]) else None
    wanted, refusal = services.attempts.count_link(connection, account, address, now)
    if account is None or not wanted:
        return refusal
    issued = confirmations.issue(connection, confirmations.SIGN_IN, user_id=account["id"], now=now)
    mail = {
        "kind": "signinlink",
        "language": account["language"],
        "to": account["email"],
        "link": f"/confirm/signin/{issued.id}/{issued.check}",
    }
    mails.enqueue(connection, mail, user_id=account["id"], now=now)
    return refusal
