"""Which old kinds of password hashes are stored: the work of a failed sign-in depends on it."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.schema.tables import totals

_ROW = "old hashes"
_find = select(totals.c.data).where(totals.c.name == _ROW)


class Kinds(NamedTuple):
    """The highest cost of bcrypt, 0 without any, and whether there is FreeSewing's scrypt."""

    bcrypt: int = 0
    scrypt: bool = False


def _storing(insert: Any) -> Any:
    """The statement that stores the kinds; `insert` is the engine's own."""
    added = insert(totals)
    return added.on_conflict_do_update(
        index_elements=["name"], set_={"computed_at": added.excluded.computed_at, "data": added.excluded.data}
    )


_store = {engine.__name__.rpartition(".")[2]: _storing(engine.insert) for engine in (sqlite, postgresql)}


def find(connection: Connection) -> Kinds:
    """Return the kinds of all old hashes that were ever stored. One look-up."""
    data = connection.execute(_find).scalar()
    return Kinds(**data) if data else Kinds()


def record(connection: Connection, kinds: Kinds, now: datetime) -> None:
    """Store that there are hashes of these kinds. Part of a write."""
    stored = find(connection)
    both = Kinds(max(stored.bcrypt, kinds.bcrypt), stored.scrypt or kinds.scrypt)
    if both != stored:
        row = {"name": _ROW, "computed_at": now, "data": both._asdict()}
        connection.execute(_store[connection.dialect.name], row)
