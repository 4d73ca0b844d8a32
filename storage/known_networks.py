"""The networks from which an account signed in, as keyed hashes."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from storage.schema.guessing import known_networks

# Of one account; a new one replaces the one that was not used for longest.
MOST = 20
KEPT = timedelta(days=400)
# Removed at a time, so that no other write waits long.
MOST_PRUNED = 1000

_of_account = known_networks.c.user_id == bindparam("owner")
_this = _of_account & (known_networks.c.network == bindparam("of_network"))
_find = select(known_networks.c.network).where(_this)


def _using(insert: Any) -> Any:
    """The statement that stores a use of a network, known or not; `insert` is the engine's own."""
    added = insert(known_networks)
    return added.on_conflict_do_update(
        index_elements=list(known_networks.primary_key), set_={"used_at": added.excluded.used_at}
    )


_use = {engine.__name__.rpartition(".")[2]: _using(engine.insert) for engine in (sqlite, postgresql)}
_oldest = (
    select(known_networks.c.network)
    .where(_of_account)
    .order_by(known_networks.c.used_at.desc(), known_networks.c.network)
    .limit(MOST)
    .offset(MOST)
)
_make_room = delete(known_networks).where(_of_account, known_networks.c.network.in_(_oldest.scalar_subquery()))
_outdated = (
    select(known_networks.c.user_id, known_networks.c.network)
    .where(known_networks.c.used_at < bindparam("before"))
    .order_by(known_networks.c.used_at)
    .limit(MOST_PRUNED)
)
_prune = delete(known_networks).where(tuple_(known_networks.c.user_id, known_networks.c.network).in_(_outdated))


def is_known(connection: Connection, user_id: int, network: str) -> bool:
    """Return whether the account signed in from this network within KEPT."""
    return connection.execute(_find, {"owner": user_id, "of_network": network}).first() is not None


def remember(connection: Connection, user_id: int, network: str, now: datetime) -> None:
    """Store that the account signed in from this network. Part of a write."""
    row = {"user_id": user_id, "network": network, "used_at": now}
    connection.execute(_use[connection.dialect.name], row)
    connection.execute(_make_room, {"owner": user_id})


def prune(connection: Connection, now: datetime) -> int:
    """Remove some of the networks that were not used within KEPT, MOST_PRUNED at most, and return how many."""
    return connection.execute(_prune, {"before": now - KEPT}).rowcount
