"""Changes by staff to the records of others: the change and its audit log entry in one transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from core.errors import InsufficientLevel
from handlers.support.reauthentication import reauthenticate
from security import Caller
from storage import audit_log, security_log

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def actor(caller: Caller) -> audit_log.Actor:
    """Who acts, as the record names them: the administrator, where one acts as another."""
    return audit_log.Actor(caller.by or caller.user_id, UUID(caller.request_id))


def origin(caller: Caller, owner: int) -> security_log.Origin:
    """Who causes an event of the owner's account: its owner, or staff, as another or in their own name."""
    by = security_log.OWNER if caller.user_id == owner and caller.by is None else security_log.STAFF
    return security_log.Origin(by, UUID(caller.request_id))


def require_owner(caller: Caller) -> None:
    """Raise InsufficientLevel for an administrator who acts as another: what outlives that is the owner's to do."""
    if caller.by is not None:
        raise InsufficientLevel("Only the account's owner can do this.")


def recorded(
    connection: Connection,
    act: tuple[Caller, str, int, datetime],
    work: Callable[Concatenate[Connection, Arguments], Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """Do the work and, where the record's owner is not the caller, keep that they did. Part of a write.

    `act` is who does what to whose record, and when. A work that fails leaves no act. A caller who is not the owner
    is authenticated again first, and must still have the level of before. Raises as `reauthenticate`, and what the
    work raises.
    """
    caller, name, owner, now = act
    if caller.user_id != owner and reauthenticate(connection, caller, owner).caller.level < caller.level:
        raise InsufficientLevel("The level of these credentials was lowered.")
    result: Any = work(connection, *args, **kwargs)
    if caller.user_id != owner:
        audit_log.record(connection, actor(caller), name, subjects=[owner], now=now)
    return result  # type: ignore[no-any-return]
