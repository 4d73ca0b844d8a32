"""`If-Match`: nobody overwrites what somebody else has changed since it was read."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection

import etags
from errors import PreconditionFailed
from handlers import shapes
from handlers.replies import body_of
from storage.tables import Record

# They move with every call, and would make each tag of an account stale at once.
COUNTERS = ("jwtCalls", "keyCalls", "lastSeen")
Result = TypeVar("Result")


def require_match(if_match: str | None, **members: Any) -> None:
    """Raise PreconditionFailed unless the tag is that of what reading the record answers, `members`."""
    if if_match is not None:
        _require(if_match, etags.of(body_of(**members)))


def unless_changed(
    connection: Connection,
    if_match: str | None,
    held: Callable[[Connection], dict[str, Any]],
    change: Callable[[Connection], Result],
) -> Result:
    """Make the change, unless the record is no longer the one that `If-Match` names: then PreconditionFailed.

    Part of a write. `held` holds the record until its end, and gives the members that reading it answers.
    """
    if if_match is not None:
        require_match(if_match, **held(connection))
    return change(connection)


def require_account(if_match: str | None, row: Record) -> None:
    """The same for an account, whose tag leaves its counters out."""
    if if_match is not None:
        _require(if_match, account_tag(row))


def account_tag(row: Record) -> str:
    """The tag of an account: of all but its counters of calls."""
    shown = shapes.account(row)
    return etags.of(body_of(account={name: value for name, value in shown.items() if name not in COUNTERS}))


def _require(if_match: str, tag: str) -> None:
    if not etags.names(if_match, tag):
        raise PreconditionFailed("This was changed since you read it: read it again.")
