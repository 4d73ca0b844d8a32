"""What happened to the security of an account: rows are added, and removed by age; never changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from storage.fair_use import events

OWNER, STAFF, SYSTEM = "owner", "staff", "system"

_add = insert(events)


def record(
    connection: Connection,
    user_id: int,
    event: str,
    *,
    by: str,
    now: datetime,
    key: UUID | None = None,
    request_id: UUID | None = None,
    **details: Any,
) -> None:
    """Keep that this happened to the account; part of the same write, so that neither is there without the other.

    `by` is OWNER, STAFF or SYSTEM; `key` the API key that it is about; `details` never hold personal data or secrets.
    """
    row = {"created_at": now, "user_id": user_id, "event": event, "by": by, "key": key, "request_id": request_id}
    connection.execute(_add, [{**row, "details": details}])
