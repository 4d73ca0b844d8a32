"""Idempotency keys: the request that holds each, whether it was carried out, and its response.

A row is inserted before the work (`reserve`), marked in the transaction that does the work (`mark_carried_out`), and
completed with the response afterwards (`keep`). `attempt` identifies the holder: a holder whose lease has expired can
neither complete nor release the key after another request has reserved it.
"""

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, false, insert, select, true, update

from core.errors import AlreadyExists, KeyInUse
from storage.engines.driver_errors import savepoint
from storage.schema.tables import Record, idempotency_keys

LIFETIME = timedelta(days=1)
# Whose process ended before it did anything holds its key no longer than this.
LEASE = timedelta(seconds=30)

_table = idempotency_keys
_by_id = select(_table).where(_table.c.id == bindparam("key_id"))
_lock = _by_id.with_for_update()
_insert = insert(_table)
_update = update(_table).where(_table.c.id == bindparam("key_id"))
_held = _update.where(_table.c.attempt == bindparam("held_by"))
_mark = _held.values(carried_out=true())
_release = (
    delete(_table)
    .where(_table.c.id == bindparam("key_id"), _table.c.attempt == bindparam("held_by"))
    .where(_table.c.carried_out == false())
)
_prune = delete(_table).where(_table.c.created_at <= bindparam("before"))


class KeyState(Enum):
    """The state of a key for a request."""

    RESERVED = auto()  # theirs: they are to do the work
    IN_USE = auto()  # another is at it
    OTHER_REQUEST = auto()  # taken by another request
    ANSWERED = auto()  # done, and the answer is here
    ANSWER_LOST = auto()  # done, but the response is unknown


class Found(NamedTuple):
    """The state of a key, with the stored response if there is one."""

    state: KeyState
    answer: dict[str, Any] | None = None


def reserve(
    connection: Connection, key_id: str, *, user_id: int | None, fingerprint: str, attempt: UUID, now: datetime
) -> Found:
    """Take the key for this attempt if it is free, new or expired; else return its state."""
    values = {
        "fingerprint": fingerprint,
        "attempt": attempt,
        "created_at": now,
        "leased_until": now + LEASE,
        "carried_out": False,
        "answer": None,
    }
    row = _find(connection, key_id)
    if row is None:
        try:
            with savepoint(connection):
                connection.execute(_insert, {"id": key_id, "user_id": user_id, **values})
        except AlreadyExists:
            # Another request was faster.
            return Found(KeyState.IN_USE)
        return Found(KeyState.RESERVED)
    if _is_free(row, now):
        connection.execute(_update, {"key_id": key_id, **values})
        return Found(KeyState.RESERVED)
    return _state(row, fingerprint, now)


def _find(connection: Connection, key_id: str) -> Record | None:
    return connection.execute(_lock, {"key_id": key_id}).mappings().first()


def _is_free(row: Record, now: datetime) -> bool:
    out_of_date: bool = row["created_at"] <= now - LIFETIME
    return out_of_date or (not row["carried_out"] and row["leased_until"] <= now)


def _state(row: Record, fingerprint: str, now: datetime) -> Found:
    if row["fingerprint"] != fingerprint:
        return Found(KeyState.OTHER_REQUEST)
    if row["answer"] is not None:
        return Found(KeyState.ANSWERED, row["answer"])
    return Found(KeyState.ANSWER_LOST if row["leased_until"] <= now else KeyState.IN_USE)


def mark_carried_out(connection: Connection, key_id: str, attempt: UUID) -> None:
    """Note that the work is done, in the transaction that does it; raises KeyInUse if another has the key by now."""
    if connection.execute(_mark, {"key_id": key_id, "held_by": attempt}).rowcount == 0:
        raise KeyInUse("A repeated request took over this request.")


def keep(connection: Connection, key_id: str, attempt: UUID, answer: dict[str, Any]) -> None:
    """Store the response, for repeats."""
    connection.execute(_held, {"key_id": key_id, "held_by": attempt, "carried_out": True, "answer": answer})


def release(connection: Connection, key_id: str, attempt: UUID, now: datetime) -> None:
    """The attempt has failed: free the key, unless something was done, whose answer is lost then."""
    held = {"key_id": key_id, "held_by": attempt}
    if connection.execute(_release, held).rowcount == 0:
        connection.execute(_held, {**held, "leased_until": now})


def prune(connection: Connection, now: datetime) -> int:
    """Remove keys older than LIFETIME; return how many."""
    return connection.execute(_prune, {"before": now - LIFETIME}).rowcount
