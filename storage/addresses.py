"""E-mail addresses of accounts: whether one is taken, and giving an account another one."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, select

from storage import accounts
from storage.accounts import Account
from storage.engines.driver_errors import savepoint
from storage.schema.tables import apikeys, bookmarks, patterns, sets

_owned = select(
    *(exists().where(table.c.user_id == bindparam("user_id")) for table in (sets, patterns, bookmarks, apikeys))
)


def find_holder(connection: Connection, email: str) -> Account | None:
    """Return the account that the address belongs to; None if it is free (see `_is_unconfirmed`)."""
    found = accounts.find_by_email(connection, email)
    return None if found is None or _is_unconfirmed(connection, found) else found


def change(connection: Connection, user_id: int, email: str, *, now: datetime) -> None:
    """Give the account this address, whose owner has proved that it is theirs. Part of a write.

    Raises AlreadyExists if it belongs to another account.
    """
    found = accounts.find_by_email(connection, email)
    # Checked again once it is locked: its sign-up may be confirmed at this moment.
    if (
        found is not None
        and _is_unconfirmed(connection, found)
        and _is_unconfirmed(connection, accounts.lock(connection, found["id"]))
    ):
        accounts.remove(connection, found["id"])
    with savepoint(connection):
        accounts.change(connection, user_id, email=email, updated_at=now)


def _is_unconfirmed(connection: Connection, account: Account) -> bool:
    """Whether the sign-up was never confirmed and the account owns nothing, so that the address is free.

    Without this, a stranger could block an address by signing up with it. An account that was imported with records,
    or that an administrator set to inactive, keeps its address.
    """
    if account["status"] != accounts.INACTIVE or account["consent"] or account["last_seen"] is not None:
        return False
    return not any(connection.execute(_owned, {"user_id": account["id"]}).one())
