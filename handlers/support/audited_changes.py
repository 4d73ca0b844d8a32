"""Changes by staff to the records of others: the change and its audit log entry in one transaction."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from core.errors import InsufficientLevel
from handlers.support.reauthentication import reauthenticate
from security import Caller
from storage import audit_log, security_log


def actor(caller: Caller) -> audit_log.Actor:
    """Return the actor for the audit log: the administrator, in an impersonation."""
    return audit_log.Actor(caller.by or caller.user_id, UUID(caller.request_id))


def origin(caller: Caller, owner: int) -> security_log.Origin:
    """Return the origin of an event of the owner's account: its owner, or staff, also in an impersonation."""
    by = security_log.OWNER if caller.user_id == owner and caller.by is None else security_log.STAFF
    return security_log.Origin(by, UUID(caller.request_id))


def require_owner(caller: Caller) -> None:
    """Raise InsufficientLevel in an impersonation: the result would outlive it."""
    if caller.by is not None:
        raise InsufficientLevel("Only the account's owner can do this.")


def record_action(connection: Connection, caller: Caller, action: str, *, owner: int, now: datetime) -> None:
    """Record that staff act on a record of another account. Part of a write, and first in it.

    Nothing happens if the caller is the owner. Staff are authenticated again, and must still have their level. Raises
    as `reauthenticate`.
    """
    if caller.user_id == owner:
        return
    if reauthenticate(connection, caller, owner).caller.level < caller.level:
        raise InsufficientLevel("The level of these credentials was lowered.")
    audit_log.record(connection, actor(caller), action, subjects=[owner], now=now)
