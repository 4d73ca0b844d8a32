"""Keyed hashes of e-mail addresses, by which accounts and subscribers are found.

FreeSewing's clients know an address by its SHA-256 (`ehash`, `ihash`). If that were stored, a stolen database would
reveal whether a known address is in it. The columns hold an HMAC of the SHA-256 instead, so that a hash that a client
sends can be looked up too. The key is a row of the database, encrypted like personal data: changing
FREESEWING_ENCRYPTION_KEYS or FREESEWING_SECRET_KEY changes no hash.

Version 0.1 stored the SHA-256, and must find its rows until its last instance has stopped. While there are such rows
and no key, SHA-256 is stored as before. `cli.py hash-addresses` calls `create_key`: from then on new hashes are
keyed, and both forms are found while `convert` replaces the old ones.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Column, ColumnElement, Connection, Table, bindparam, insert, select, update

from core import email_addresses
from core.errors import AlreadyExists
from storage.engines.driver_errors import savepoint
from storage.schema.encryption import Undecryptable
from storage.schema.hash_keys import hash_keys
from storage.schema.tables import accounts, subscribers

# The columns of hashes; the first is unique.
COLUMNS = {accounts: ("ehash", "ihash"), subscribers: ("ehash",)}
# Rows in a transaction: a tenth of a second, in which other writes wait.
BATCH = 200
# Rows that `key_fits` compares: a damaged one among them must not stop the start.
MOST_COMPARED = 3
_NAME = "addresses"
# No hexadecimal number begins with it, and all of them sort before it, whatever the collation.
_KEYED = "hmac:"
_FIRST_KEYED = "g"
_find = select(hash_keys.c.key).where(hash_keys.c.name == _NAME)


def matches(column: Column[str]) -> ColumnElement[bool]:
    """Return the condition that the column holds one of the `forms`, which are its parameters."""
    return column.in_([bindparam("keyed"), bindparam("unsalted")])


_account = select(accounts.c.id).where(matches(accounts.c.ehash))


@dataclass(frozen=True, slots=True)
class Converted:
    """What `convert` did with a batch.

    `changed` counts the rows; `taken` are the numbers of rows that were left as they are, because another row has the
    same address under its keyed hash; `after` is the number to go on after, None at the end of the table.
    """

    changed: int
    taken: list[int]
    after: int | None


def email_hash(email: str) -> str:
    """Return FreeSewing's hash of an address: SHA-256, in hexadecimal, of the trimmed lower-case address.

    Of an internationalised domain it takes the A-labels. Any text has a hash.
    """
    return sha256(email_addresses.compared(email).encode()).hexdigest()


def stored(connection: Connection, ehash: str) -> str:
    """Return what to store for an address with this SHA-256. Part of a write: the first address makes the key."""
    if _key(connection) is None and not _has_rows(connection):
        create_key(connection)
    return forms(connection, ehash)["keyed"]


def hash_of_account(connection: Connection, email: str, user_id: int | None = None) -> str:
    """Return what to store for the address of an account; raise AlreadyExists if another account has the address.

    The unique constraint cannot see that while the other one is stored under an unsalted hash.
    """
    ehash = email_hash(email)
    other = connection.execute(_account, forms(connection, ehash)).scalar()
    if other not in (None, user_id):
        raise AlreadyExists("Another account has this address.")
    return stored(connection, ehash)


def forms(connection: Connection, ehash: str) -> dict[str, str]:
    """Return the two hashes under which an address with this SHA-256 may be stored; the same twice without a key."""
    key = _key(connection)
    return {"keyed": ehash if key is None else _keyed(key, ehash), "unsalted": ehash}


def create_key(connection: Connection) -> None:
    """Make the key, if there is none; of two callers at once both use the same."""
    try:
        with savepoint(connection):
            connection.execute(insert(hash_keys), {"name": _NAME, "key": secrets.token_hex(32)})
    except AlreadyExists:
        return


def are_unsalted(connection: Connection) -> bool:
    """Return whether a row holds an unsalted hash. Three indexed look-ups."""
    columns = (table.c[name] for table, names in COLUMNS.items() for name in names)
    queries = (select(column).where(column < _FIRST_KEYED).limit(1) for column in columns)
    return any(connection.execute(query).first() is not None for query in queries)


def key_fits(connection: Connection) -> bool:
    """Return whether the key is the one that addresses are hashed with, as far as a few rows of each table show."""
    try:
        key = _key(connection)
    except Undecryptable:
        return False
    return all(_fits_some(connection, table, key) for table in COLUMNS)


def _fits_some(connection: Connection, table: Table, key: bytes | None) -> bool:
    query = select(table.c.email, table.c.ehash).where(table.c.ehash >= _FIRST_KEYED).limit(MOST_COMPARED)
    try:
        rows = connection.execute(query).all()
    except Undecryptable:  # a damaged row is not a wrong key
        return key is not None
    return not rows or (key is not None and any(row.ehash == _keyed(key, email_hash(row.email)) for row in rows))


def convert(connection: Connection, table: Table, after: int) -> Converted:
    """Replace the unsalted hashes in the next BATCH rows whose number is above `after`.

    Needs the key. May be interrupted and repeated: each batch is a transaction, and each value shows its form.
    """
    columns = COLUMNS[table]
    query = select(table.c.id, *(table.c[name] for name in columns)).where(table.c.id > after)
    rows = connection.execute(query.order_by(table.c.id).limit(BATCH).with_for_update()).all()
    key = _key(connection)
    if key is None:
        raise RuntimeError("create_key comes first")
    changes = [
        {"row": row_id, **{name: _converted(key, value) for name, value in zip(columns, values, strict=True)}}
        for row_id, *values in rows
        if any(not value.startswith(_KEYED) for value in values)
    ]
    others = _others(connection, table, changes)
    free = [change for change in changes if others.get(change["ehash"], change["row"]) == change["row"]]
    if free:
        changing = update(table).where(table.c.id == bindparam("row"))
        connection.execute(changing, free)
    taken = [int(change["row"]) for change in changes if change not in free]
    return Converted(len(free), taken, rows[-1].id if len(rows) == BATCH else None)


def _others(connection: Connection, table: Table, changes: Sequence[dict[str, int | str]]) -> dict[int | str, int]:
    """Return the numbers of the rows that have these keyed hashes already."""
    wanted = [change["ehash"] for change in changes]
    query = select(table.c.ehash, table.c.id).where(table.c.ehash.in_(wanted))
    return {row.ehash: row.id for row in connection.execute(query)} if wanted else {}


def _converted(key: bytes, value: str) -> str:
    return value if value.startswith(_KEYED) else _keyed(key, value)


def _keyed(key: bytes, ehash: str) -> str:
    # In Base64, for the columns hold 64 characters.
    return _KEYED + urlsafe_b64encode(hmac.digest(key, ehash.encode(), sha256)).decode()


def _key(connection: Connection) -> bytes | None:
    """Return the key. Not cached: the transaction that makes it may be rolled back."""
    found = connection.execute(_find).scalar()
    return None if found is None else bytes.fromhex(found)


def _has_rows(connection: Connection) -> bool:
    return any(connection.execute(select(table.c.id).limit(1)).first() is not None for table in COLUMNS)
