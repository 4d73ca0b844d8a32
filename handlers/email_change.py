"""Changing an account's address: asked for with a letter to the new one, done with the link in it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from errors import NoSuchRecord
from storage import accounts, confirmations, mails


def request(
    connection: Connection, account: accounts.Account, email: str, *, silent: bool, now: datetime
) -> confirmations.Issued | None:
    """Ask the owner of the new address, with the old one in copy; None if it is the present one. Part of a write."""
    new = email.strip().lower()
    if new == account["email"]:
        return None
    issued = confirmations.issue(
        connection, confirmations.EMAIL_CHANGE, user_id=account["id"], data={"email": new}, now=now
    )
    letter = {
        "kind": "emailchange",
        "language": account["language"],
        "to": new,
        "cc": account["email"],
        "link": f"/confirm/emailchange/{issued.id}/{issued.check}",
    }
    if not silent:
        mails.enqueue(connection, letter, user_id=account["id"], now=now)
    return issued


def complete(
    connection: Connection, user_id: int, confirmation_id: UUID, check: str, now: datetime
) -> accounts.Account:
    """Change the address; raises NoSuchRecord, and AlreadyExists if it became another account's meanwhile.

    Sign-in links that went to the old address lose their worth. Part of a write.
    """
    kinds = (confirmations.EMAIL_CHANGE,)
    found = confirmations.find(connection, confirmation_id, check=check, kinds=kinds, now=now)
    if found["user_id"] != user_id:
        raise NoSuchRecord("There is no such confirmation, or it was used or has expired.")
    confirmations.use_up(connection, confirmation_id)
    confirmations.drop_all(connection, user_id)
    email = found["data"]["email"]
    accounts.change(connection, user_id, email=email, updated_at=now)
    return accounts.find(connection, user_id)
