"""Indices and constraints, taken off a table before it is filled and put on again as the migrations made them."""

from typing import Any

from asyncpg import Connection

# What refers to others goes first and comes back last.
_CONSTRAINTS = """
    SELECT conrelid::regclass::text AS of, conname AS name, pg_get_constraintdef(oid) AS definition,
           contype = 'f' AS refers
    FROM pg_constraint WHERE conrelid = ANY($1::regclass[]) AND contype IN ('f', 'u', 'p')
    ORDER BY contype <> 'f', conrelid, conname
"""
_INDICES = """
    SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
    WHERE indrelid = ANY($1::regclass[])
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('u', 'p'))
    ORDER BY indrelid, indexrelid
"""
# What others refer to cannot be taken off before these, and none of them is filled.
_REFERRERS = """
    SELECT DISTINCT conrelid::regclass::text AS of FROM pg_constraint
    WHERE contype = 'f' AND confrelid = ANY($1::regclass[])
"""


async def take_off(connection: Connection, tables: list[str]) -> list[str]:
    """Take every index, key and reference off these tables; the statements that make them again, in their order."""
    referring = await connection.fetch(_CONSTRAINTS, sorted({*tables, *await _referrers(connection, tables)}))
    constraints = [row for row in referring if row["of"] in tables or row["refers"]]
    indices = await connection.fetch(_INDICES, tables)
    for row in constraints:
        await connection.execute(f"ALTER TABLE {row['of']} DROP CONSTRAINT {row['name']}")
    for row in indices:
        await connection.execute(f"DROP INDEX {row['name']}")
    made = [_adding(row) for row in constraints if not row["refers"]]
    return [*made, *[row["definition"] for row in indices], *[_adding(row) for row in constraints if row["refers"]]]


async def _referrers(connection: Connection, tables: list[str]) -> list[str]:
    return [row["of"] for row in await connection.fetch(_REFERRERS, tables)]


def _adding(row: Any) -> str:
    return f"ALTER TABLE {row['of']} ADD CONSTRAINT {row['name']} {row['definition']}"
