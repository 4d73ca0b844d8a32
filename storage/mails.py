"""The outgoing mail queue: letters are stored with the change that they announce, and sent from here."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from storage.tables import Record, mails

# A letter that a sender took and did not finish (it crashed) is taken again after this.
CLAIM = timedelta(minutes=5)

_due = select(mails.c.id).where(mails.c.due_at <= bindparam("now")).order_by(mails.c.due_at).limit(bindparam("most"))


def enqueue(connection: Connection, letter: dict[str, Any], *, user_id: int | None, now: datetime) -> None:
    """Queue a letter (see `services.letters`) as part of the present transaction."""
    connection.execute(insert(mails).values(user_id=user_id, created_at=now, due_at=now, attempts=0, letter=letter))


def claim(connection: Connection, *, now: datetime, most: int = 10) -> list[Record]:
    """Take up to `most` letters that are due; nobody else gets them for CLAIM."""
    ids = connection.execute(_due.with_for_update(skip_locked=True), {"now": now, "most": most}).scalars().all()
    if not ids:
        return []
    connection.execute(update(mails).where(mails.c.id.in_(ids)).values(due_at=now + CLAIM))
    return list(connection.execute(select(mails).where(mails.c.id.in_(ids)).order_by(mails.c.id)).mappings())


def sent(connection: Connection, mail_id: int) -> None:
    """The letter is out, or given up: forget it."""
    connection.execute(delete(mails).where(mails.c.id == mail_id))


def postpone(connection: Connection, mail_id: int, *, until: datetime) -> None:
    """The letter could not be sent: try again at `until`."""
    connection.execute(update(mails).where(mails.c.id == mail_id).values(due_at=until, attempts=mails.c.attempts + 1))


def waiting(connection: Connection) -> int:
    """How many letters are waiting."""
    return connection.execute(select(func.count()).select_from(mails)).scalar_one()
