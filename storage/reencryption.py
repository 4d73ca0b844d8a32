"""Re-encryption of values under old keys, so that these can be removed."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, LargeBinary, Select, Table, bindparam, func, literal, select, type_coerce, update

from storage.schema.encryption import Encrypted, Keyring, Undecryptable, keyring_of
from storage.schema.installation import canaries
from storage.schema.tables import metadata

# Rows a transaction: short enough to let others write in between.
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What `rewrite` did with a batch.

    `rows` were read and `changed` of them rewritten; `failed` are the keys of those with a value that cannot be
    decrypted, which is left as it is; `after` is the key to go on after, None at the end of the table.
    """

    rows: int
    changed: int
    failed: list[Any]
    after: Any


def tables() -> list[Table]:
    """Every table that holds something encrypted. Not the canaries: each of them belongs to its key."""
    return [table for table in metadata.sorted_tables if table is not canaries and _encrypted(table)]


def _encrypted(table: Table) -> list[str]:
    return [column.name for column in table.columns if isinstance(column.type, Encrypted)]


def count(connection: Connection, table: Table) -> int:
    """Return the number of rows of a table."""
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def sample(connection: Connection, table: Table) -> list[tuple[str, bytes]]:
    """Return the encrypted values of the first and the last row, each with its place (`table.column`)."""
    (key,) = table.primary_key.columns
    orders = (key.asc(), key.desc())
    rows = [connection.execute(_raw(table).order_by(order).limit(1)).mappings().first() for order in orders]
    names = _encrypted(table)
    return [
        (f"{table.name}.{name}", bytes(row[name])) for row in rows if row for name in names if row[name] is not None
    ]


def rewrite(connection: Connection, table: Table, after: Any) -> Rewritten:
    """Bring the next BATCH rows whose key is above `after` (None: from the first) under the current encryption key.

    Values that are under the current key already are decrypted, too: so all of them are known to be readable.
    """
    (key,) = table.primary_key.columns
    query = _raw(table).order_by(key).limit(BATCH).with_for_update()
    rows = connection.execute(query.where(key > after) if after is not None else query).mappings().all()
    changed, failed = 0, list[Any]()
    for row in rows:
        new, all_readable = _new_values(keyring_of(connection.dialect), table, row)
        if new:
            values = {name: literal(value, LargeBinary) for name, value in new.items()}
            connection.execute(
                update(table).where(key == bindparam("row_key")).values(values), {"row_key": row[key.name]}
            )
            changed += 1
        if not all_readable:
            failed.append(row[key.name])
    return Rewritten(len(rows), changed, failed, rows[-1][key.name] if len(rows) == BATCH else None)


def _raw(table: Table) -> Select[Any]:
    (key,) = table.primary_key.columns
    return select(key, *(type_coerce(table.c[name], LargeBinary).label(name) for name in _encrypted(table)))


def _new_values(keyring: Keyring, table: Table, row: Any) -> tuple[dict[str, bytes], bool]:
    """Return the values to rewrite by column, and whether every value could be decrypted."""
    new, all_readable = dict[str, bytes](), True
    for name in _encrypted(table):
        if row[name] is None:
            continue
        stored, place = bytes(row[name]), f"{table.name}.{name}".encode()
        try:
            plain = keyring.decrypt(stored, place)
        except Undecryptable:
            all_readable = False
            continue
        if not keyring.is_current(stored):
            new[name] = keyring.encrypt(plain, place)
    return new, all_readable
