"""Mails to account owners about changes of their credentials, queued in the transaction of the change.

They are sent whatever the owner chose for `notices`. `services.mail.outbox` limits how many of a kind are sent a day.
"""

from datetime import datetime

from sqlalchemy import Connection

from core import clock
from storage import mails
from storage.schema.tables import Record
from storage.security_log import EMAIL_CHANGED, MFA_DISABLED, MFA_ENABLED, PASSWORD_CHANGED

_KINDS = {
    PASSWORD_CHANGED: "passwordchanged",
    EMAIL_CHANGED: "emailchanged",
    MFA_ENABLED: "mfaenabled",
    MFA_DISABLED: "mfadisabled",
}


def tell(connection: Connection, account: Record, event: str, *, network: str | None, now: datetime) -> None:
    """Mail the account's owner that this event happened, at `now` and from this network. Part of a write.

    `account` is the account as it was before: the mail goes to its address.
    """
    _send(connection, account, _KINDS[event], {"date": clock.minute(now), "network": network or "-"}, now)


def tell_removal(connection: Connection, account: Record, *, now: datetime) -> None:
    """Mail the account's owner that an administrator turned off the second factor. Part of a write."""
    _send(connection, account, "mfaremoved", {"date": clock.minute(now)}, now)


def _send(connection: Connection, account: Record, kind: str, values: dict[str, str], now: datetime) -> None:
    mail = {"kind": kind, "language": account["language"], "to": account["email"], "values": values}
    mails.enqueue(connection, mail, user_id=account["id"], now=now)
