"""Requests for higher quotas: asked by owners, answered by administrators.

Whatever changes one holds its account first: of several at the same moment only one can ask, withdraw or answer.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from core.clock import new_uuid
from core.errors import NoSuchRecord, RequestDecided, RequestOpen
from storage import accounts, audit_log, quotas
from storage.engines.slices import Slice, SlicedList
from storage.quotas import WHOLE_ACCOUNT, Holder, Terms
from storage.schema.fair_use import quota_requests
from storage.schema.tables import Record, apikeys

QuotaRequest = Record

OPEN, GRANTED, DECLINED = "open", "granted", "declined"
# How many an account can have open.
MOST_OPEN = 10


@dataclass(frozen=True, slots=True)
class Wish:
    """How many units of which policy, what for, and for how many days."""

    policy: str
    quota: int
    purpose: str
    days: int


@dataclass(frozen=True, slots=True)
class Decision:
    """GRANTED or DECLINED, with a sentence for the owner; another quota or time than wished where they are given."""

    state: str
    answer: str
    quota: int | None = None
    days: int | None = None


_with_key = select(quota_requests, apikeys.c.key).outerjoin(apikeys, apikeys.c.id == quota_requests.c.key_id)
_by_uuid = _with_key.where(quota_requests.c.uuid == bindparam("uuid"))
_list = SlicedList(_with_key, quota_requests, quota_requests.c.user_id == bindparam("user_id"))
_page = SlicedList(_with_key, quota_requests, quota_requests.c.state == bindparam("wanted"))
_open = select(quota_requests.c.key_id, quota_requests.c.policy).where(
    quota_requests.c.user_id == bindparam("user_id"), quota_requests.c.state == OPEN
)
_create = insert(quota_requests)
_update = update(quota_requests).where(quota_requests.c.id == bindparam("request"))
_delete = delete(quota_requests).where(quota_requests.c.id == bindparam("request"))


def ask(connection: Connection, user_id: int, key: UUID | None, wish: Wish, *, now: datetime) -> QuotaRequest:
    """A new request for the account, or for the key of its own.

    Raises NoSuchRecord if the key is not the account's, RequestOpen if one is open for the same, or MOST_OPEN are.
    """
    accounts.lock(connection, user_id)
    holder = Holder(user_id) if key is None else quotas.holder_of_key(connection, key)
    if holder.user_id != user_id:
        raise NoSuchRecord("The API key does not exist or was revoked.")
    waiting = [(row.key_id, row.policy) for row in connection.execute(_open, {"user_id": user_id})]
    if (holder.key_id, wish.policy) in waiting:
        raise RequestOpen("A request for this quota is already open.")
    if len(waiting) >= MOST_OPEN:
        raise RequestOpen(f"{MOST_OPEN} requests are already open.")
    uuid = new_uuid()
    row = {"uuid": uuid, "user_id": user_id, "key_id": holder.key_id, "created_at": now, "state": OPEN}
    connection.execute(_create, {**row, **asdict(wish)})
    return find(connection, uuid)


def find(connection: Connection, uuid: UUID, *, owner: int | None = None) -> QuotaRequest:
    """Return the request with its `key` or None; raise NoSuchRecord, also if `owner` is given and it is another's."""
    row = connection.execute(_by_uuid, {"uuid": uuid}).mappings().first()
    if row is None or owner not in (None, row["user_id"]):
        raise NoSuchRecord("There is no such request.")
    return row


def list_of(connection: Connection, /, user_id: int, **part: int) -> Slice:
    """A slice of the account's requests, oldest first; `part` is as in `SlicedList.read`."""
    return _list.read(connection, user_id=user_id, **part)


def page(connection: Connection, /, state: str = OPEN, **part: int) -> Slice:
    """A slice of everyone's requests in this state, oldest first; `part` is as in `SlicedList.read`."""
    return _page.read(connection, wanted=state, **part)


def withdraw(connection: Connection, uuid: UUID, *, owner: int) -> None:
    """Remove an open request of the account's; raises NoSuchRecord, RequestDecided."""
    connection.execute(_delete, {"request": _held(connection, uuid, owner=owner)["id"]})


def decide(
    connection: Connection, uuid: UUID, decision: Decision, *, by: audit_log.Actor, now: datetime
) -> QuotaRequest:
    """Decide a request, record the decision and return the request. A granted quota is in effect at once.

    Raises RequestDecided, and NoSuchRecord, also where the key to grant it to was revoked.
    """
    asked = _held(connection, uuid)
    columns: dict[str, Any] = {"state": decision.state, "answer": decision.answer}
    if decision.state == GRANTED:
        columns["quota"] = asked["quota"] if decision.quota is None else decision.quota
        columns["days"] = asked["days"] if decision.days is None else decision.days
        _grant(connection, {**asked, **columns}, by, now)
    connection.execute(_update, {"request": asked["id"], **columns, "decided_at": now, "decided_by": by.user_id})
    decided = find(connection, uuid)
    changes = {name: [asked[name], decided[name]] for name in ("state", "quota", "days")}
    changed = {name: values for name, values in changes.items() if values[0] != values[1]}
    audit_log.record(
        connection, by, audit_log.DECIDE_QUOTA_REQUEST, subjects=[asked["user_id"]], now=now, changes=changed
    )
    return decided


def _held(connection: Connection, uuid: UUID, *, owner: int | None = None) -> QuotaRequest:
    """The open request, of which nothing changes until the transaction ends; raises NoSuchRecord, RequestDecided."""
    accounts.lock(connection, find(connection, uuid, owner=owner)["user_id"])
    held = find(connection, uuid, owner=owner)
    if held["state"] != OPEN:
        raise RequestDecided("This request is already decided.")
    return held


def _grant(connection: Connection, granted: Record, by: audit_log.Actor, now: datetime) -> None:
    holder = Holder(granted["user_id"])
    if granted["key_id"] != WHOLE_ACCOUNT:
        holder = quotas.holder_of_key(connection, granted["key"])
    terms = Terms(granted["quota"], now + timedelta(days=granted["days"]), granted["answer"])
    quotas.put(connection, holder, granted["policy"], terms, by=by, now=now)
