"""Preconditions of changes: a record that was changed since it was read is not overwritten."""

from datetime import datetime
from typing import Any

from core import etags
from core.errors import PreconditionFailed
from core.etags import Preconditions
from handlers.serializers.accounts import account_for_owner
from handlers.support.responses import body_of
from storage.schema.tables import Record

# They move with every call, and would make each tag of an account stale at once.
COUNTERS = ("jwtCalls", "keyCalls", "lastSeen")


def require_match(preconditions: Preconditions, **members: Any) -> None:
    """Raise PreconditionFailed unless the preconditions hold for a record that a read returns as `members`."""
    if any(preconditions):
        [record] = members.values()
        modified = record.get("updatedAt")
        _require(preconditions, etags.of(body_of(**members)), modified and datetime.fromisoformat(modified))


def require_account(preconditions: Preconditions, row: Record) -> None:
    """The same for an account, whose tag leaves its counters out."""
    if any(preconditions):
        _require(preconditions, account_tag(row), row["updated_at"])


def account_tag(row: Record) -> str:
    """The tag of an account: of all but its counters of calls."""
    shown = account_for_owner(row)
    return etags.of(body_of(account={name: value for name, value in shown.items() if name not in COUNTERS}))


def _require(preconditions: Preconditions, tag: str, modified: datetime | None) -> None:
    if not preconditions.hold(tag, modified):
        raise PreconditionFailed("The record does not meet the precondition. Read it again.")
