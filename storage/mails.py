"""The outgoing mail queue. A mail is stored in the transaction of the change that it announces, and sent later.

A mail that is given up stays, for operators to see why and to queue it again: KEPT, and MOST_GIVEN_UP at most.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from core.errors import NoSuchRecord
from storage.schema.tables import Record, mails

# A mail whose sender crashed can be claimed again after this.
CLAIM = timedelta(minutes=5)
# How long mails are stored after they were given up, and how many of them; the oldest are removed first.
KEPT = timedelta(days=30)
MOST_GIVEN_UP = 1000
# Removed at a time, so that no other write waits long.
MOST_PRUNED = 1000
# When a mail that was given up is due: also a version that does not know of these never claims it.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)

_due = select(mails.c.id).where(mails.c.due_at <= bindparam("now")).order_by(mails.c.due_at, mails.c.id).limit(1)
_waiting = select(func.count(), func.min(mails.c.created_at)).where(mails.c.given_up_at.is_(None))
_given_up = select(mails).where(mails.c.given_up_at.is_not(None))
_newest = _given_up.order_by(mails.c.given_up_at.desc(), mails.c.id.desc()).limit(bindparam("limit"))
_surplus = (
    select(mails.c.id)
    .where(mails.c.given_up_at.is_not(None))
    .order_by(mails.c.given_up_at.desc(), mails.c.id.desc())
    .limit(MOST_PRUNED)
    .offset(MOST_GIVEN_UP)
)
_outdated = (
    select(mails.c.id)
    .where(mails.c.given_up_at < bindparam("before"))
    .order_by(mails.c.given_up_at, mails.c.id)
    .limit(MOST_PRUNED)
)
_remove_surplus = delete(mails).where(mails.c.id.in_(_surplus.scalar_subquery()))
_prune = delete(mails).where(mails.c.id.in_(_outdated.scalar_subquery()))


def enqueue(connection: Connection, mail: dict[str, Any], *, user_id: int | None, now: datetime) -> None:
    """Queue a mail (see `services.mail.messages`) in the current transaction. The column is called `letter`."""
    connection.execute(insert(mails).values(user_id=user_id, created_at=now, due_at=now, attempts=0, letter=mail))


def claim(connection: Connection, *, now: datetime) -> int | None:
    """Claim the mail that has been due longest and return its number, or None. No other sender gets it for CLAIM.

    One mail at a time, without decrypting it: a slow mail server, a crashed sender or a mail that cannot be decrypted
    delays no other mail.
    """
    mail_id = connection.execute(_due.with_for_update(skip_locked=True), {"now": now}).scalar()
    if mail_id is not None:
        connection.execute(update(mails).where(mails.c.id == mail_id).values(due_at=now + CLAIM))
    return mail_id


def find(connection: Connection, mail_id: int) -> Record:
    """Return the mail; raises NoSuchRecord if it was removed with its account."""
    mail = connection.execute(select(mails).where(mails.c.id == mail_id)).mappings().first()
    if mail is None:
        raise NoSuchRecord("There is no such mail.")
    return mail


def waiting(connection: Connection) -> tuple[int, datetime | None]:
    """Return the number of queued mails and the time of the oldest, without those that were given up."""
    count, oldest = connection.execute(_waiting).one()
    return count, oldest


def sent(connection: Connection, mail_id: int) -> None:
    """Remove a mail that was sent, or that its recipient no longer wants."""
    connection.execute(delete(mails).where(mails.c.id == mail_id))


def postpone(connection: Connection, mail_id: int, *, until: datetime) -> None:
    """Count a failed attempt, and try again at `until`."""
    connection.execute(update(mails).where(mails.c.id == mail_id).values(due_at=until, attempts=mails.c.attempts + 1))


def give_up(connection: Connection, mail_id: int, reason: str, *, now: datetime) -> None:
    """Try the mail no more, and keep it with the reason; over MOST_GIVEN_UP the oldest ones are removed."""
    connection.execute(
        update(mails)
        .where(mails.c.id == mail_id)
        .values(given_up_at=now, reason=reason, due_at=NEVER, attempts=mails.c.attempts + 1)
    )
    connection.execute(_remove_surplus)


def given_up(connection: Connection, *, limit: int = MOST_GIVEN_UP) -> list[Record]:
    """Return the mails that were given up, newest first: whole rows, `letter` and `reason` decrypted."""
    return list(connection.execute(_newest, {"limit": limit}).mappings())


def page(connection: Connection, *, limit: int, after: int, has_failed: bool | None = None) -> list[Record]:
    """Return up to `limit` mails with numbers above `after`, oldest first, `letter` and `reason` decrypted.

    Only those that were given up, or only the others, where `has_failed` says so.
    """
    query = select(mails).where(mails.c.id > after)
    if has_failed is not None:
        query = query.where(mails.c.given_up_at.is_not(None) if has_failed else mails.c.given_up_at.is_(None))
    return list(connection.execute(query.order_by(mails.c.id).limit(limit)).mappings())


def retry(connection: Connection, ids: Collection[int] | None, *, now: datetime) -> int:
    """Let mails that wait, or were given up, be due now, with all their attempts; None: every one. Return how many.

    A mail that a sender may have claimed at this moment is left alone: it would go out twice.
    """
    chosen = update(mails).where(mails.c.due_at > now + CLAIM)
    if ids is not None:
        chosen = chosen.where(mails.c.id.in_(ids))
    return connection.execute(chosen.values(given_up_at=None, reason=None, due_at=now, attempts=0)).rowcount


def prune(connection: Connection, now: datetime) -> int:
    """Remove some of the mails that were given up longer than KEPT ago, MOST_PRUNED at most; return how many."""
    return connection.execute(_prune, {"before": now - KEPT}).rowcount
