"""Records that clients read and change one at a time, under preconditions.

The representation that a read returns, the one that an update returns, and the one whose entity tag `If-Match` names
are the same: `Resource.members`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from core.etags import Preconditions
from handlers.support import audited_changes
from handlers.support.preconditions import require_match
from handlers.support.responses import PRIVATE, last_modified, success, updated
from security import Caller
from storage.records import Records
from storage.schema.tables import Record


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a record that was found: by whom, when, and under which preconditions."""

    found: Record
    caller: Caller
    preconditions: Preconditions
    now: datetime

    def audit(self, connection: Connection, action: str) -> None:
        """Record the action if the caller is not the owner: see `audited_changes.record_action`."""
        audited_changes.record_action(connection, self.caller, action, owner=self.found["user_id"], now=self.now)


@dataclass(frozen=True, slots=True)
class Resource:
    """Records of one kind: their name in responses, their storage, and their serializer for a reader."""

    member: str
    records: Records
    serialize: Callable[[Record, Caller], dict[str, Any]]

    def members(self, row: Record, reader: Caller) -> dict[str, Any]:
        """Return the members of a response that shows the record to this reader."""
        return {self.member: self.serialize(row, reader)}

    def shown(self, row: Record, reader: Caller) -> Response:
        """Return the response to a read."""
        headers = {**PRIVATE, **last_modified(row["updated_at"])}
        return success(**self.members(row, reader), headers=headers)

    def updated(self, row: Record, reader: Caller, **about: Any) -> Response:
        """Return the response to an update; `about` are members about the update, not about the record."""
        return updated(about, **self.members(row, reader))

    def lock(self, connection: Connection, change: Change) -> Record:
        """Lock the record, and return it if the preconditions hold.

        Part of a write. Raises NoSuchRecord if it was removed meanwhile, and PreconditionFailed.
        """
        locked = self.records.lock(connection, change.found["id"])
        if any(change.preconditions):
            require_match(change.preconditions, **self.members(locked, change.caller))
        return locked
