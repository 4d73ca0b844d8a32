"""The most recent rejected and slow requests: later ones of their kind displace them, and they are removed by age."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select

from storage.schema.fair_use import recent_requests
from storage.schema.tables import Record, accounts, apikeys

REJECTED, SLOW = "rejected", "slow"
# Of each kind.
MOST = 200
KEPT = timedelta(days=1)


class RecentRequest(NamedTuple):
    """A request that has ended. `status` is 0 without a response; `prefix` is the network of an anonymous caller."""

    kind: str
    at: datetime
    operation: str | None
    method: str
    status: int
    code: str | None
    milliseconds: int
    user_id: int | None
    key_id: int
    prefix: str | None


_of_kind = recent_requests.c.kind == bindparam("of_kind")
_newest = (recent_requests.c.at.desc(), recent_requests.c.id.desc())
_living = select(accounts.c.id).where(accounts.c.id.in_(bindparam("user_ids", expanding=True)))
_add = insert(recent_requests)
_last_kept = select(recent_requests.c.at).where(_of_kind).order_by(*_newest).limit(1).offset(MOST - 1)
_displace = delete(recent_requests).where(_of_kind, recent_requests.c.at < _last_kept.scalar_subquery())
_prune = delete(recent_requests).where(recent_requests.c.at < bindparam("before"))
_page = (
    select(recent_requests, accounts.c.username, apikeys.c.key, apikeys.c.name)
    .outerjoin(accounts, accounts.c.id == recent_requests.c.user_id)
    .outerjoin(apikeys, apikeys.c.id == recent_requests.c.key_id)
    .where(_of_kind)
    .order_by(*_newest)
    .limit(bindparam("most"))
)


def add(connection: Connection, requests: Sequence[RecentRequest]) -> None:
    """Add the requests, and remove those that they displace. Requests of removed accounts are dropped."""
    user_ids = {request.user_id for request in requests if request.user_id is not None}
    living = {None, *connection.execute(_living, {"user_ids": sorted(user_ids)}).scalars()}
    rows = [request._asdict() for request in requests if request.user_id in living]
    if rows:
        connection.execute(_add, rows)
    for kind in sorted({row["kind"] for row in rows}):
        connection.execute(_displace, {"of_kind": kind})


def newest(connection: Connection, kind: str, *, limit: int) -> list[Record]:
    """Return up to `limit` requests of a kind, newest first, with the user name, and the key and its name."""
    return list(connection.execute(_page, {"of_kind": kind, "most": limit}).mappings())


def prune(connection: Connection, now: datetime) -> int:
    """Remove the requests that are older than KEPT, and return how many."""
    return connection.execute(_prune, {"before": now - KEPT}).rowcount
