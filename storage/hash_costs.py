"""The highest cost of the imported bcrypt hashes: the time of a failed sign-in depends on it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.tables import totals

_ROW = "bcrypt"
_find = select(totals.c.data).where(totals.c.name == _ROW)


def _storing(insert: Any) -> Any:
    """The statement that stores the cost; `insert` is the engine's own."""
    added = insert(totals)
    return added.on_conflict_do_update(
        index_elements=["name"], set_={"computed_at": added.excluded.computed_at, "data": added.excluded.data}
    )


_store = {engine.__name__.rpartition(".")[2]: _storing(engine.insert) for engine in (sqlite, postgresql)}


def highest(connection: Connection) -> int:
    """Return the highest cost of all hashes that were ever imported; 0 if there were none. One look-up."""
    data = connection.execute(_find).scalar()
    return int(data["cost"]) if data else 0


def record(connection: Connection, cost: int, now: datetime) -> None:
    """Store that a hash of this cost was imported. Part of a write."""
    if cost > highest(connection):
        row = {"name": _ROW, "computed_at": now, "data": {"cost": cost}}
        connection.execute(_store[connection.dialect.name], row)
