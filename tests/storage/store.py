"""The storage of one test, called without `await`, and the rows that most tests need."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import Column, Connection, Table, Uuid, delete, insert, select, text

from core.clock import new_uuid
from storage import accounts, apikeys, bookmarks, confirmations, mails, migrate, patterns, revocation, sessions, sets
from storage.database import Storage
from storage.schema.columns import PlainJson, UtcTime
from storage.schema.encryption import Encrypted, EncryptedJson, Keyring
from storage.schema.tables import Record, metadata
from storage.security_log import OWNER, Origin

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
NOW = datetime(2026, 11, 20, 12, 0, 0, 123_000, UTC)
ORIGIN = Origin(OWNER)
KEYS = {"one": b"1" * 32}
_numbers = count(1)


class Store:
    """`Storage` of one database, on an event loop of the test's own."""

    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        self.url = url
        self.runner = runner
        self.run = runner.run
        self._options = (KEYS, 4)
        self.storage = Storage(url, Keyring(KEYS), pool=4)

    def connect(self, keys: dict[str, bytes] | None = None, *, pool: int = 4) -> None:
        """Connect, or connect anew, with these encryption keys."""
        if self._options != (keys or KEYS, pool):
            self.disconnect()
            self._options = (keys or KEYS, pool)
            self.storage = Storage(self.url, Keyring(keys or KEYS), pool=pool)
        self.run(self.storage.open())

    def disconnect(self) -> None:
        """As at the end of the process."""
        self.run(self.storage.close())

    def read(
        self,
        query: Callable[Concatenate[Connection, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """`storage.read`."""
        return self.run(self.storage.read(query, *args, **kwargs))

    def write(
        self,
        query: Callable[Concatenate[Connection, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """`storage.write`."""
        return self.run(self.storage.write(query, *args, **kwargs))

    def write_at_once(self, *queries: Callable[[Connection], Any]) -> list[Any]:
        """Several writes that wait at the same time; results, or the exceptions they raised."""

        async def all_of_them() -> list[Any]:
            return await asyncio.gather(*(self.storage.write(query) for query in queries), return_exceptions=True)

        return self.run(all_of_them())

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """Rows as they are stored, nothing decrypted."""
        return self.read(lambda connection: list(connection.execute(text(statement), values)))

    def count(self, table: Table) -> int:
        """How many rows a table has."""
        return int(self.sql(f"SELECT count(*) FROM {table.name}")[0][0])

    def clear(self) -> None:
        """Empty every table."""
        self.write(lambda connection: [connection.execute(delete(table)) for table in metadata.sorted_tables])

    def new_row(self, table: Table, *, encrypted: str = "x", **given: Any) -> None:
        """Insert a row into any table. Other columns get a value of their type; encrypted ones get `encrypted`."""
        values = {column.name: _value(column, encrypted) for column in table.columns if not _optional(column)}
        self.write(lambda connection: connection.execute(insert(table), {**values, **given}))

    def new_account(self, email: str = "", **fields: Any) -> Record:
        """An account; active and consenting unless `fields` say otherwise."""
        email = email or f"person{next(_numbers)}@example.org"
        return self.write(_new_account, email, {"status": accounts.ACTIVE, "consent": 1, **fields})

    def new_key(self, user_id: int, **fields: Any) -> Record:
        """An API key of the account, good for an hour."""
        values = {"name": "a key", "level": 4, "secret_hash": "0" * 64, **fields}
        lasting: dict[str, Any] = {"now": NOW, "expires_at": NOW + timedelta(hours=1), "origin": ORIGIN}
        return self.write(apikeys.create, user_id=user_id, **{**lasting, **values})

    def new_session(self, account: Record, **fields: Any) -> UUID:
        """A session of the account, good for a week."""
        values = {"network": "192.0.2.0/24", "agent": "Firefox 144, Linux", "now": NOW, **fields}
        return self.write(sessions.begin, account, **{"until": values["now"] + timedelta(days=7), **values})

    def revoke_key(self, key: UUID, **given: Any) -> None:
        """End an API key, as its owner unless `given` says otherwise."""
        how = {"by": revocation.OWNER, "origin": ORIGIN, "now": NOW, **given}
        self.write(lambda connection: revocation.revoke(connection, apikeys.lock(connection, key), **how))

    def new_set(self, user_id: int, **fields: Any) -> Record:
        """A measurements set of the account."""
        return self.write(new_set, user_id, **fields)

    def new_pattern(self, user_id: int, **fields: Any) -> Record:
        """A pattern of the account."""
        values = {
            "design": "aaron",
            "name": "a pattern",
            "notes": "--",
            "img": "x",
            "data": {},
            "settings": {"sa": 10},
            "public": False,
            "set": None,
            "cset": None,
        }
        return self.write(patterns.create, user_id=user_id, now=NOW, **{**values, **fields})

    def edit(self, noun: Any, record_id: int, **changes: Any) -> Record:
        """`edit`, in a unit of work of its own."""
        return self.write(edit, noun, record_id, **changes)

    def new_bookmark(self, user_id: int, **fields: Any) -> Record:
        """A bookmark of the account."""
        values = {"type": "doc", "title": "a bookmark", "url": "/docs"}
        return self.write(bookmarks.create, user_id=user_id, now=NOW, **{**values, **fields})

    def new_confirmation(self, user_id: int, kind: str = confirmations.SIGN_UP) -> confirmations.Issued:
        """A confirmation for the account."""
        return self.write(confirmations.issue, kind, user_id=user_id, now=NOW, data={"email": "secret@example.org"})

    def new_mail(self, user_id: int | None = None, *, now: datetime = NOW, to: str = "a@example.org") -> None:
        """Queue a mail."""
        mail = {"kind": "signup", "language": "en", "to": to, "link": "/confirm"}
        self.write(mails.enqueue, mail, user_id=user_id, now=now)


def _optional(column: Column[Any]) -> bool:
    """Whether the database numbers it, or it refers to a row that only the test can know."""
    return column is column.table.autoincrement_column or bool(column.foreign_keys)


def _value(column: Column[Any], encrypted: str) -> Any:
    kind = column.type
    if isinstance(kind, EncryptedJson):
        return {encrypted: 1}
    if isinstance(kind, Encrypted):
        return encrypted
    if isinstance(kind, PlainJson):
        return {}
    if isinstance(kind, UtcTime):
        return NOW
    if isinstance(kind, Uuid):
        return new_uuid()
    return kind.python_type(next(_numbers)) if _is_unique(column) else kind.python_type()


def _is_unique(column: Column[Any]) -> bool:
    indexed = any(index.unique and column.name in index.columns for index in column.table.indexes)
    return bool(column.unique or column.primary_key or indexed)


def _new_account(connection: Connection, email: str, fields: dict[str, Any]) -> Record:
    made = accounts.create(connection, email=email, language="en", role="user", password="hash", now=NOW)
    accounts.change(connection, made["id"], **fields)
    return accounts.find(connection, made["id"])


def new_set(connection: Connection, /, user_id: int, **fields: Any) -> Record:
    """A measurements set, in a unit of work that the test makes."""
    values = {
        "name": "a set",
        "notes": "--",
        "img": "x",
        "measies": {"chest": 900},
        "imperial": False,
        "public": False,
    }
    made = sets.create(connection, user_id=user_id, now=NOW, **{**values, **fields})
    # As a read would find it, also where the account is none: the test may want that to fail later.
    owner = select(metadata.tables["accounts"].c.uuid).where(metadata.tables["accounts"].c.id == user_id)
    return {**made, "user_uuid": connection.execute(owner).scalar()}


def edit(connection: Connection, /, noun: Any, record_id: int, **changes: Any) -> Record:
    """Lock a record of a module of storage, and edit it; return the record as it is then."""
    edited: Record = noun.edit(connection, noun.lock(connection, record_id), **changes)
    return edited


@contextmanager
def sqlite_store(folder: Path) -> Iterator[Store]:
    """Storage in this process, on a new SQLite database in this folder."""
    url = f"sqlite:///{folder / 'test.db'}"
    migrate.upgrade(url)
    with asyncio.Runner() as runner:
        store = Store(url, runner)
        store.connect()
        yield store
        store.disconnect()
