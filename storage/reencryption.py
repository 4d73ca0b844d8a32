"""Rewriting what is encrypted under old keys, so that these can go."""

from typing import Any

from sqlalchemy import Connection, LargeBinary, Table, bindparam, select, type_coerce, update

from storage.encryption import Encrypted, keyring_of
from storage.tables import metadata

# Rows a transaction: short enough to let others write in between.
BATCH = 1000


def tables() -> list[Table]:
    """Every table that holds something encrypted."""
    return [table for table in metadata.sorted_tables if _encrypted(table)]


def _encrypted(table: Table) -> list[str]:
    return [column.name for column in table.columns if isinstance(column.type, Encrypted)]


def rewrite(connection: Connection, table: Table, after: Any) -> tuple[int, Any]:
    """Bring the next BATCH rows whose key is above `after` (None: from the first) under the current key.

    How many rows were changed, and the key to go on after: None when there are no more.
    """
    (key,) = table.primary_key.columns
    raw = [type_coerce(table.c[name], LargeBinary).label(name) for name in _encrypted(table)]
    query = select(key, *raw).order_by(key).limit(BATCH).with_for_update()
    rows = connection.execute(query.where(key > after) if after is not None else query).mappings().all()
    keyring = keyring_of(connection.dialect)
    changed = 0
    for row in rows:
        old = [name for name in _encrypted(table) if row[name] is not None and not keyring.is_current(row[name])]
        if old:
            _rewrite_row(connection, table, row[key.name], old)
            changed += 1
    return changed, rows[-1][key.name] if len(rows) == BATCH else None


def _rewrite_row(connection: Connection, table: Table, value: Any, columns: list[str]) -> None:
    (key,) = table.primary_key.columns
    plain = connection.execute(select(*(table.c[name] for name in columns)).where(key == value)).mappings().one()
    connection.execute(update(table).where(key == bindparam("row_key")), {"row_key": value, **plain})
