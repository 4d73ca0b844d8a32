"""The audit log of staff actions: actor, subjects, time and request. Rows are added and read, never changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select

from storage.schema.access import acts
from storage.schema.tables import Record

Act = Record
Changes = dict[str, list[Any]]

# The actor of commands, and the subject of actions that concern no account.
NOBODY = 0

SEARCH, LOAD, UPDATE, REMOVE = "searchUsers", "loadUser", "updateUser", "removeUser"
IMPERSONATE, LIST_SUBSCRIBERS = "impersonate", "listSubscribers"
LIST_USAGE, LIST_RECENT_REQUESTS = "listUsage", "listRecentRequests"
READ_DATA, REVOKE_KEY = "readData", "revokeApiKey"
UPDATE_SET, DELETE_SET, CLONE_SET = "updateSet", "deleteSet", "cloneSet"
LIST_QUOTAS, SET_QUOTA, DELETE_QUOTA = "listQuotas", "setQuota", "deleteQuota"
LIST_QUOTA_REQUESTS, DECIDE_QUOTA_REQUEST = "listQuotaRequests", "decideQuotaRequest"
# A request of an administrator who impersonates the account; `operation` says which.
IMPERSONATED_REQUEST = "impersonatedRequest"
UPDATE_PATTERN, DELETE_PATTERN, CLONE_PATTERN = "updatePattern", "deletePattern", "clonePattern"


@dataclass(frozen=True, slots=True)
class Actor:
    """The number of the acting account, and its request."""

    user_id: int
    request_id: UUID


_add = insert(acts)
_newest = select(acts).order_by(acts.c.id.desc())


def record(
    connection: Connection,
    by: Actor,
    act: str,
    *,
    subjects: Iterable[int],
    now: datetime,
    changes: Changes | None = None,
    operation: str | None = None,
) -> None:
    """Record that the actor did this to these accounts; `changes` are {field: [before, after]}, never personal data.

    Part of the same write as the act, so that neither is there without the other.
    """
    row = {
        "created_at": now,
        "actor_id": by.user_id,
        "act": act,
        "request_id": by.request_id,
        "changes": changes or {},
        "operation": operation,
    }
    connection.execute(_add, [{**row, "subject_id": subject} for subject in subjects])


def page(
    connection: Connection,
    *,
    limit: int,
    after: int = 0,
    actor: int | None = None,
    subject: int | None = None,
) -> list[Act]:
    """Up to `limit` acts, newest first, those before the one numbered `after` (0: from the newest).

    Those of one actor, or on one subject, where they are given.
    """
    query = _newest.limit(limit)
    for column, value in ((acts.c.actor_id, actor), (acts.c.subject_id, subject)):
        if value is not None:
            query = query.where(column == value)
    if after:
        query = query.where(acts.c.id < after)
    return list(connection.execute(query).mappings())
