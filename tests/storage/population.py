"""Rows in every table, made by the database itself, so that its planner has something to reckon with."""

from typing import Any

import asyncpg
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, SmallInteger, String, Table, Text, Uuid

from storage.schema.columns import UtcTime
from storage.schema.encryption import Encrypted, EncryptedJson, Keyring
from storage.schema.fair_use import storage_use
from storage.schema.tables import metadata
from tests.storage.store import KEYS

ROWS = 2_000
# Under which the last row of each table is encrypted.
OLD = {"old": b"0" * 32}


async def fill(url: str) -> None:
    """Give each table ROWS rows; those that belong to an account belong to one each."""
    keyrings = Keyring(KEYS), Keyring(OLD)
    connection = await asyncpg.connect(url)
    try:
        # Triggers fill the table of counters.
        for table in (one for one in metadata.sorted_tables if one is not storage_use):
            values = ", ".join(_value(column, *keyrings) for column in table.columns)
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            await connection.execute(
                f"INSERT INTO {table.name} ({names}) SELECT {values} FROM generate_series(1, {ROWS}) AS n"
            )
            await _number_on(connection, table)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def _number_on(connection: Any, table: Table) -> None:
    if "id" in table.columns and isinstance(table.c.id.type, BigInteger):
        await connection.execute(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {ROWS})")


def _value(column: Column[Any], present: Keyring, former: Keyring) -> str:
    """SQL for a column's value in row `n`; every other one is null where that may be."""
    kind = column.type
    if isinstance(kind, Uuid) and column.foreign_keys:
        # Random ids refer to no row.
        return "NULL"
    if isinstance(kind, Encrypted):
        value = f"CASE WHEN n < {ROWS} THEN {_encrypted(kind, present)} ELSE {_encrypted(kind, former)} END"
    else:
        value = _plain(kind)
    return f"CASE WHEN n % 2 = 0 THEN {value} END" if column.nullable else value


def _encrypted(kind: Encrypted, keyring: Keyring) -> str:
    plain = b"{}" if isinstance(kind, EncryptedJson) else b"x"
    return rf"'\x{keyring.encrypt(plain, kind.place.encode()).hex()}'::bytea"


def _plain(kind: Any) -> str:
    if isinstance(kind, UtcTime):
        return "now() - n * interval '1 minute'"
    if isinstance(kind, String) and not isinstance(kind, Text):
        return f"left(md5(n::text), {min(kind.length or 32, 32)})"
    known: list[tuple[Any, str]] = [
        (Uuid, "gen_random_uuid()"),
        (Boolean, "n % 2 = 0"),
        (SmallInteger, "n % 5"),
        (BigInteger, "n"),
        (Integer, "n"),
        (LargeBinary, "''"),
    ]
    return next((sql for type_, sql in known if isinstance(kind, type_)), "'{}'")
