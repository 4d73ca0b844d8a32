"""Notices by mail: the keys that cause one, its recipient, and a record of each, so that none is sent twice.

Neither `expires_at` nor `last_seen` has an index on purpose, since each call with a key would pay for it. A pass
reads the keys in slices instead, in the order of their numbers, and keeps in `totals` how far it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, true, update

from core.errors import AlreadyExists
from storage.accounts import VISIBLE
from storage.engines.driver_errors import savepoint
from storage.schema.fair_use import notices
from storage.schema.tables import Record, accounts, apikeys, totals

# Keys read by one step of a pass, and notices forgotten by one statement.
SLICE = 1_000
# Between two passes; and how long one waits whose instance ended, until another goes on with it.
INTERVAL = timedelta(hours=6)
LEASE = timedelta(minutes=5)
# Longer than any key lives.
LIFETIME = timedelta(days=400)
_ROW = "notices"


@dataclass(frozen=True, slots=True)
class Recipient:
    """The recipient of a notice, and the name of the key that it is about, empty where it is about none."""

    user_id: int
    email: str
    language: str
    key_name: str


# Accounts whose keys work and that have enabled notices.
_willing = (*VISIBLE, accounts.c.notices == true())
_living = (apikeys.c.revoked_at.is_(None), apikeys.c.removed_at.is_(None))
_used = func.coalesce(apikeys.c.last_seen, apikeys.c.created_at)
_slice = select(apikeys.c.id).where(apikeys.c.id > bindparam("after")).order_by(apikeys.c.id).limit(bindparam("rows"))
_last = select(func.max(_slice.subquery().c.id))
_causes = (
    select(apikeys.c.id, apikeys.c.user_id, apikeys.c.created_at, apikeys.c.expires_at, apikeys.c.last_seen)
    .join_from(apikeys, accounts, apikeys.c.user_id == accounts.c.id)
    .where(apikeys.c.id > bindparam("after"), apikeys.c.id <= bindparam("last"))
    .where(apikeys.c.expires_at > bindparam("now"), *_living, *_willing)
    .where(or_(apikeys.c.expires_at <= bindparam("soon"), _used <= bindparam("long_ago")))
    .order_by(apikeys.c.id)
)
_owner = select(accounts.c.email, accounts.c.language).where(accounts.c.id == bindparam("user_id"), *_willing)
_key_name = select(apikeys.c.name).where(
    apikeys.c.id == bindparam("key_id"), apikeys.c.user_id == bindparam("user_id"), *_living
)
_given = select(notices.c.name).where(notices.c.name.in_(bindparam("names", expanding=True)))
_stale = (
    select(notices.c.name)
    .where(notices.c.created_at <= bindparam("before"))
    .order_by(notices.c.created_at)
    .limit(bindparam("rows"))
)
_prune = delete(notices).where(notices.c.name.in_(_stale))
_pass = select(totals.c.computed_at, totals.c.data).where(totals.c.name == _ROW)
_keep = update(totals).where(totals.c.name == _ROW)


def claim(connection: Connection, *, now: datetime) -> int | None:
    """Take on the pass: the number of the key after which it goes on. None if none is due or another is at it."""
    row = connection.execute(_pass.with_for_update()).first()
    if row is None:
        return 0 if _is_first(connection, now) else None
    after: int | None = row.data["after"]
    if row.computed_at > now - (INTERVAL if after is None else LEASE):
        return None
    connection.execute(_keep.values(computed_at=now))
    return after or 0


def _is_first(connection: Connection, now: datetime) -> bool:
    """Return whether this is the first pass ever, and insert its row."""
    try:
        with savepoint(connection):
            connection.execute(insert(totals), {"name": _ROW, "computed_at": now, "data": {"after": 0}})
    except AlreadyExists:
        return False
    return True


def keep(connection: Connection, after: int | None, *, now: datetime) -> None:
    """Store how far the pass is, None at its end, and stay the one who makes it."""
    connection.execute(_keep.values(computed_at=now, data={"after": after}))


def causes(
    connection: Connection, after: int, *, now: datetime, soon: datetime, long_ago: datetime, rows: int = SLICE
) -> tuple[list[Record], int | None]:
    """Of the next slice of keys those that expire by `soon` or were not used since `long_ago`, and its last number.

    Each with id, user_id, created_at, expires_at and last_seen; only such as work still and whose owners want
    notices. The number is None where there are no more keys. Only reads.
    """
    last = connection.execute(_last, {"after": after, "rows": rows}).scalar()
    if last is None:
        return [], None
    values = {"after": after, "last": last, "now": now, "soon": soon, "long_ago": long_ago}
    return list(connection.execute(_causes, values).mappings()), int(last)


def given(connection: Connection, names: list[str]) -> set[str]:
    """Those of the names under which a notice was given."""
    return set(connection.execute(_given, {"names": names}).scalars())


def find_recipient(connection: Connection, user_id: int, key_id: int) -> Recipient | None:
    """Return the recipient of a notice about this key, or about the account if `key_id` is 0.

    None if the owner has disabled notices or the key is gone.
    """
    owner = connection.execute(_owner, {"user_id": user_id}).first()
    name = connection.execute(_key_name, {"key_id": key_id, "user_id": user_id}).scalar() if key_id else ""
    if owner is None or name is None:
        return None
    return Recipient(user_id, owner.email, owner.language, name)


def give(connection: Connection, name: str, *, now: datetime) -> bool:
    """Record the notice, in the transaction that queues its mail; return False if it was recorded before."""
    try:
        with savepoint(connection):
            connection.execute(insert(notices), {"name": name, "created_at": now})
    except AlreadyExists:
        return False
    return True


def prune(connection: Connection, *, now: datetime) -> int:
    """Forget up to SLICE of the notices older than LIFETIME; how many."""
    return connection.execute(_prune, {"before": now - LIFETIME, "rows": SLICE}).rowcount
