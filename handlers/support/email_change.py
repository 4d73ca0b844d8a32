"""Changing an account's address: the new address is mailed a link, the present one a notice without any.

No response tells whether the new address has an account. A request does the same work in either case. If the address
has an account, its owner is mailed a notice in place of the link, so the change cannot be completed. A change that
becomes impossible later is answered like an unknown confirmation.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from core.errors import AlreadyExists, NoSuchRecord
from storage import accounts, addresses, confirmations, mails

KIND = confirmations.EMAIL_CHANGE
_UNUSABLE = "The confirmation does not exist, was used, or has expired."


def request(
    connection: Connection, account: accounts.Account, email: str, *, silent: bool, now: datetime
) -> confirmations.Issued | None:
    """Begin a change to this address, as it is stored, in place of any pending one; queue the mails unless `silent`.

    Return None if it is the present address. Part of a write.
    """
    if email == account["email"]:
        return None
    confirmations.drop(connection, account["id"], KIND)
    issued = confirmations.issue(connection, KIND, user_id=account["id"], data={"email": email}, now=now)
    holder = addresses.find_holder(connection, email)
    if not silent:
        for mail in (_proposal(account, email, issued, holder), _notice(account)):
            mails.enqueue(connection, mail, user_id=account["id"], now=now)
    return issued


def _proposal(
    account: accounts.Account, new: str, issued: confirmations.Issued, holder: accounts.Account | None
) -> dict[str, str]:
    """Return the mail to the new address: the link, or the notice that the address has an account already."""
    if holder is not None:
        return {"kind": "emailchange-taken", "language": holder["language"], "to": new}
    link = f"/confirm/emailchange/{issued.id}/{issued.check}"
    return {"kind": "emailchange", "language": account["language"], "to": new, "link": link}


def _notice(account: accounts.Account) -> dict[str, str]:
    """Return the mail to the present address. It holds nothing with which the change could be completed."""
    return {"kind": "emailchange-notice", "language": account["language"], "to": account["email"]}


def complete(
    connection: Connection, user_id: int, confirmation_id: UUID, check: str, now: datetime
) -> accounts.Account:
    """Change the address and return the account. Part of a write.

    Every other confirmation of the account is removed: sign-in links that went to the old address stop working.
    Raises NoSuchRecord if the confirmation is not usable, and likewise if the address has another account by now.
    """
    found = confirmations.find(connection, confirmation_id, check=check, kinds=(KIND,), now=now)
    if found["user_id"] != user_id:
        raise NoSuchRecord(_UNUSABLE)
    confirmations.use_up(connection, confirmation_id)
    confirmations.drop_all(connection, user_id)
    try:
        addresses.change(connection, user_id, found["data"]["email"], now=now)
    except AlreadyExists:
        raise NoSuchRecord(_UNUSABLE) from None
    return accounts.find(connection, user_id)


def cancel(connection: Connection, user_id: int) -> None:
    """Remove the pending change of a locked account; raises NoSuchRecord if there is none. Part of a write."""
    if not confirmations.drop(connection, user_id, KIND):
        raise NoSuchRecord("No change of the address is pending.")
