"""Counters of attempts. A counter starts with its first attempt, and expires a fixed time later."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.schema.guessing import attempts
from storage.schema.tables import Record

# Removed at a time, so that no other write waits long.
MOST_PRUNED = 1000


class Count(NamedTuple):
    """The number of attempts, the time of the last one, and the time at which the counter expires."""

    number: int
    last: datetime
    expires: datetime


def _ensuring(insert: Any) -> Any:
    """The statement that creates a counter if there is none; `insert` is the engine's own."""
    return insert(attempts).on_conflict_do_nothing(index_elements=["id"])


_ensure = {engine.__name__.rpartition(".")[2]: _ensuring(engine.insert) for engine in (sqlite, postgresql)}
# In the order of their ids, as they are created: two transactions never wait for each other in a circle.
_lock = (
    select(attempts)
    .where(attempts.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(attempts.c.id)
    .with_for_update()
)
_now = bindparam("now", type_=attempts.c.expires_at.type)
_is_expired = attempts.c.expires_at <= _now
_add = (
    update(attempts)
    .where(attempts.c.id == bindparam("of_id"))
    .values(
        count=case((_is_expired, 1), else_=attempts.c.count + 1),
        counted_at=_now,
        expires_at=case((_is_expired, bindparam("expires", type_=_now.type)), else_=attempts.c.expires_at),
    )
)
_take_back = (
    update(attempts)
    .where(attempts.c.id == bindparam("of_id"), attempts.c.count > 0)
    .values(count=attempts.c.count - 1)
)
_clear = delete(attempts).where(attempts.c.id == bindparam("of_id"))
_outdated = select(attempts.c.id).where(_is_expired).order_by(attempts.c.expires_at).limit(MOST_PRUNED)
# The condition again: a counter that starts anew at this moment stays.
_prune = delete(attempts).where(attempts.c.id.in_(_outdated.scalar_subquery()), _is_expired)


def lock(connection: Connection, ids: Collection[str], now: datetime) -> dict[str, Count]:
    """Return the counts, zero for a counter that is new or expired, and hold them until the transaction ends.

    Part of a write.
    """
    # Created first: a row that does not exist cannot be locked, and many concurrent attempts would all be the first.
    new = [{"id": counter, "count": 0, "counted_at": now, "expires_at": now} for counter in sorted(ids)]
    connection.execute(_ensure[connection.dialect.name], new)
    found = connection.execute(_lock, {"ids": sorted(ids)}).mappings()
    return {row["id"]: _count(row, now) for row in found}


def _count(row: Record, now: datetime) -> Count:
    if row["expires_at"] <= now:
        return Count(0, now, now)
    return Count(row["count"], row["counted_at"], row["expires_at"])


def add(connection: Connection, lifetimes: Mapping[str, timedelta], now: datetime) -> None:
    """Count an attempt in each counter; a new or expired one lives for its lifetime from now on. Part of a write."""
    if not lifetimes:
        return
    rows = [{"of_id": counter, "now": now, "expires": now + lifetimes[counter]} for counter in sorted(lifetimes)]
    connection.execute(_add, rows)


def take_back(connection: Connection, ids: Sequence[str]) -> None:
    """Subtract an attempt that succeeded from each counter, in the order in which they are locked."""
    if ids:
        connection.execute(_take_back, [{"of_id": counter} for counter in ids])


def clear(connection: Connection, counter: str) -> None:
    """Remove a counter."""
    connection.execute(_clear, {"of_id": counter})


def prune(connection: Connection, now: datetime) -> int:
    """Remove some of the counters that have expired, MOST_PRUNED at most, and return how many."""
    return connection.execute(_prune, {"now": now}).rowcount
