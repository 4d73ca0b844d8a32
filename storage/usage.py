"""Counts of calls, written in batches by `services.usage`."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam, update

from storage.tables import accounts, apikeys

_account = (
    update(accounts)
    .where(accounts.c.id == bindparam("user_id"))
    .values(
        jwt_calls=accounts.c.jwt_calls + bindparam("jwt"),
        key_calls=accounts.c.key_calls + bindparam("key"),
        last_seen=bindparam("seen"),
    )
)
_key = (
    update(apikeys)
    .where(apikeys.c.key == bindparam("of_key"))
    .values(calls=apikeys.c.calls + bindparam("more"), last_seen=bindparam("seen"))
)


def add(
    connection: Connection,
    *,
    by_account: Mapping[int, tuple[int, int, datetime]],
    by_key: Mapping[UUID, tuple[int, datetime]],
) -> None:
    """Add calls since the last batch: {user id: (token calls, key calls, last)}, {key: (calls, last)}."""
    # In the order of their keys, so that two instances never wait for each other.
    if by_account:
        rows = [
            {"user_id": user_id, "jwt": jwt, "key": key, "seen": seen}
            for user_id, (jwt, key, seen) in sorted(by_account.items())
        ]
        connection.execute(_account, rows)
    if by_key:
        connection.execute(
            _key,
            [{"of_key": key, "more": more, "seen": seen} for key, (more, seen) in sorted(by_key.items())],
        )
