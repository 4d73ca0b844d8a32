"""The outgoing mail queue: letters are stored with the change that they announce, and sent from here."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from errors import NoSuchRecord
from storage.tables import Record, mails

# A letter that a sender took and did not finish (it crashed) is taken again after this.
CLAIM = timedelta(minutes=5)

_due = select(mails.c.id).where(mails.c.due_at <= bindparam("now")).order_by(mails.c.due_at, mails.c.id).limit(1)
_waiting = select(func.count(), func.min(mails.c.created_at))


def enqueue(connection: Connection, letter: dict[str, Any], *, user_id: int | None, now: datetime) -> None:
    """Queue a letter (see `services.letters`) as part of the present transaction."""
    connection.execute(insert(mails).values(user_id=user_id, created_at=now, due_at=now, attempts=0, letter=letter))


def claim(connection: Connection, *, now: datetime) -> int | None:
    """Take the letter that is due longest, by its number, if there is one; nobody else gets it for CLAIM.

    One at a time, and unread: a slow mail server, a sender that ends or a letter that cannot be decrypted holds up
    no other.
    """
    mail_id = connection.execute(_due.with_for_update(skip_locked=True), {"now": now}).scalar()
    if mail_id is not None:
        connection.execute(update(mails).where(mails.c.id == mail_id).values(due_at=now + CLAIM))
    return mail_id


def find(connection: Connection, mail_id: int) -> Record:
    """The letter; raises NoSuchRecord if it went with its account."""
    mail = connection.execute(select(mails).where(mails.c.id == mail_id)).mappings().first()
    if mail is None:
        raise NoSuchRecord("There is no such letter.")
    return mail


def waiting(connection: Connection) -> tuple[int, datetime | None]:
    """How many letters are queued, and since when the oldest."""
    count, oldest = connection.execute(_waiting).one()
    return count, oldest


def sent(connection: Connection, mail_id: int) -> None:
    """The letter is out, or given up: forget it."""
    connection.execute(delete(mails).where(mails.c.id == mail_id))


def postpone(connection: Connection, mail_id: int, *, until: datetime) -> None:
    """The letter could not be sent: try again at `until`."""
    connection.execute(update(mails).where(mails.c.id == mail_id).values(due_at=until, attempts=mails.c.attempts + 1))
