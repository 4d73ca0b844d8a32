"""`If-Match`: nobody overwrites what somebody else has changed since it was read."""

from typing import Any

import etags
from errors import PreconditionFailed
from handlers import shapes
from handlers.replies import body_of
from storage.tables import Record

# They move with every call, and would make each tag of an account stale at once.
COUNTERS = ("jwtCalls", "keyCalls", "lastSeen")


def require_match(if_match: str | None, **members: Any) -> None:
    """Raise PreconditionFailed unless the tag is that of what reading the record answers now, `members`.

    To be called in the transaction that changes the record, with the record held.
    """
    if if_match is not None:
        _require(if_match, etags.of(body_of(**members)))


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
