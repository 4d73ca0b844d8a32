"""Recipients of the newsletter: subscribers, confirmed or not yet, and accounts whose `newsletter` is on.

To unsubscribe ends both: the mails do not say which one they are for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, exists, false, insert, select, true, update

from core.clock import new_uuid
from core.errors import AlreadyExists, ConcurrentDeletion, NoSuchRecord
from storage.accounts import ACTIVE, BLOCKED
from storage.address_hashes import email_hash, forms, matches, stored
from storage.engines.driver_errors import savepoint
from storage.engines.statements import inserted_id
from storage.schema.tables import Record, accounts, subscribers

Subscriber = Record

# A subscription that is not confirmed ends after this.
UNCONFIRMED = timedelta(days=7)
# In the list of both, accounts follow subscribers: their places begin after this number.
BEFORE_ACCOUNTS = 2**62
SUBSCRIBER, ACCOUNT = "subscriber", "account"


@dataclass(frozen=True, slots=True)
class Recipient:
    """The recipient of mails to an address: `user_id` is None for those who are known by their subscription."""

    uuid: UUID
    email: str
    language: str
    user_id: int | None


_of_ehash = matches(subscribers.c.ehash)
_by_ehash = select(subscribers).where(_of_ehash)
_lock = _by_ehash.with_for_update()
_of_uuid = subscribers.c.uuid == bindparam("of_uuid")
_lock_by_uuid = select(subscribers).where(_of_uuid).with_for_update()
_email = select(subscribers.c.email).where(_of_uuid)
_reading = matches(accounts.c.ehash) & (accounts.c.newsletter == true())
_account = select(accounts.c.uuid, accounts.c.email, accounts.c.language, accounts.c.id).where(_reading)
_update = update(subscribers).where(subscribers.c.id == bindparam("row"))
_delete = delete(subscribers).where(_of_ehash)
_stop_reading = update(accounts).where(_reading)
_stale = (subscribers.c.active == false()) & (subscribers.c.created_at <= bindparam("end"))
_subscribed = exists().where(subscribers.c.ehash == accounts.c.ehash, subscribers.c.active == true())


def page(connection: Connection, *, limit: int, after: int, language: str | None = None) -> list[Subscriber]:
    """Up to `limit` confirmed subscribers with numbers above `after`, oldest first; of one language if given."""
    query = select(subscribers).where(subscribers.c.id > after, subscribers.c.active == true())
    if language is not None:
        query = query.where(subscribers.c.language == language)
    return list(connection.execute(query.order_by(subscribers.c.id).limit(limit)).mappings())


def accounts_page(connection: Connection, *, limit: int, after: int, language: str | None = None) -> list[Record]:
    """The same of accounts that get the newsletter, and not as subscribers too: what `readers` returns."""
    query = select(
        accounts.c.id, accounts.c.uuid, accounts.c.created_at, accounts.c.email, accounts.c.language
    ).where(
        accounts.c.id > after,
        accounts.c.newsletter == true(),
        accounts.c.status == ACTIVE,
        accounts.c.consent >= 1,
        accounts.c.role != BLOCKED,
        ~_subscribed,
    )
    if language is not None:
        query = query.where(accounts.c.language == language)
    return list(connection.execute(query.order_by(accounts.c.id).limit(limit)).mappings())


def readers(connection: Connection, *, limit: int, after: int, language: str | None = None) -> list[Record]:
    """Up to `limit` of both, subscribers first, with places above `after`; of one language if given.

    `id` is the place in this list, `source` is SUBSCRIBER or ACCOUNT.
    """
    found: list[Record] = []
    if after < BEFORE_ACCOUNTS:
        rows = page(connection, limit=limit, after=after, language=language)
        found = [{**row, "source": SUBSCRIBER} for row in rows]
    if len(found) < limit:
        after_account = max(0, after - BEFORE_ACCOUNTS)
        others = accounts_page(connection, limit=limit - len(found), after=after_account, language=language)
        found += [{**row, "id": BEFORE_ACCOUNTS + row["id"], "source": ACCOUNT} for row in others]
    return found


def find(connection: Connection, ehash: str) -> Recipient | None:
    """Return the recipient with this hash of an address, confirmed or not; None if there is none."""
    of_hash = forms(connection, ehash)
    subscriber = connection.execute(_by_ehash, of_hash).mappings().first()
    if subscriber is not None:
        return Recipient(subscriber["uuid"], subscriber["email"], subscriber["language"], None)
    account = connection.execute(_account, of_hash).first()
    return Recipient(*account) if account is not None else None


def ask(connection: Connection, email: str, *, language: str, now: datetime) -> Subscriber:
    """The subscription of this address, a new one that waits to be confirmed if there is none.

    One that still waits takes the language and begins its wait anew; a confirmed one stays as it is. Of several who
    ask at once all get the same.
    """
    ehash = email_hash(email)
    present = _held(connection, ehash)
    if present is None:
        try:
            with savepoint(connection):
                return _create(connection, email, ehash=ehash, language=language, now=now)
        except AlreadyExists:
            present = _held(connection, ehash)
    if present is None:
        raise ConcurrentDeletion("This subscription was created and deleted at the same time.")
    if present["active"]:
        return present
    fields = {"language": language, "created_at": now, "updated_at": now}
    connection.execute(_update, {"row": present["id"], **fields})
    return {**present, **fields}


def _held(connection: Connection, ehash: str) -> Subscriber | None:
    """Return the subscription of the address with this SHA-256, locked until the transaction ends."""
    return connection.execute(_lock, forms(connection, ehash)).mappings().first()


def _held_by_uuid(connection: Connection, uuid: UUID) -> Subscriber | None:
    """Return the subscription with this uuid, locked until the transaction ends."""
    return connection.execute(_lock_by_uuid, {"of_uuid": uuid}).mappings().first()


def _create(connection: Connection, email: str, *, ehash: str, language: str, now: datetime) -> Subscriber:
    row: dict[str, Any] = {
        "uuid": new_uuid(),
        "created_at": now,
        "updated_at": now,
        "ehash": stored(connection, ehash),
        "email": email,
        "language": language,
        "active": False,
    }
    return {"id": inserted_id(connection.execute(insert(subscribers), row)), **row}


def confirm(connection: Connection, uuid: UUID, ehash: str | None, *, now: datetime) -> Subscriber:
    """Confirm and return the subscription; raise NoSuchRecord unless it has this uuid and its address this SHA-256.

    Without a SHA-256 the uuid suffices: it is random, and is sent to the address alone. Confirming again changes
    nothing: people press a link twice.
    """
    present = _held_by_uuid(connection, uuid) if ehash is None else _held(connection, ehash)
    if present is None or present["uuid"] != uuid or (not present["active"] and _is_stale(present, now)):
        raise NoSuchRecord("The subscription does not exist or has ended.")
    if present["active"]:
        return present
    fields = {"active": True, "updated_at": now}
    connection.execute(_update, {"row": present["id"], **fields})
    return {**present, **fields}


def _is_stale(subscriber: Subscriber, now: datetime) -> bool:
    return bool(subscriber["created_at"] <= now - UNCONFIRMED)


def hash_of(connection: Connection, uuid: UUID) -> str | None:
    """Return the SHA-256 of the address that has the subscription with this uuid; None if there is none."""
    email = connection.execute(_email, {"of_uuid": uuid}).scalar()
    return None if email is None else email_hash(email)


def leave(connection: Connection, ehash: str, *, now: datetime) -> None:
    """Send nothing more to the address with this SHA-256, whether or not anything was sent before."""
    of_hash = forms(connection, ehash)
    connection.execute(_delete, of_hash)
    connection.execute(_stop_reading, {**of_hash, "newsletter": False, "updated_at": now})


def prune(connection: Connection, now: datetime) -> int:
    """Remove subscriptions that were not confirmed in time; return how many."""
    return connection.execute(delete(subscribers).where(_stale), {"end": now - UNCONFIRMED}).rowcount
