"""Searching the accounts that have a profile."""

from sqlalchemy import ColumnElement, Connection, select

from storage.accounts import VISIBLE, Account
from storage.schema import names
from storage.schema.tables import accounts


def find_profiles(connection: Connection, match: str, limit: int) -> list[Account]:
    """Return up to `limit` visible accounts whose user name starts with `match`, compared as names are, in order."""
    compared = names.compared(match)
    starts = {(accounts.c.lusername, compared), (accounts.c.lusername, match.lower()), (accounts.c.folded, compared)}
    # One after the other: each walks its index and stops at the limit.
    found = {row["id"]: row for column, start in starts for row in _starting(connection, column, start, limit)}
    return sorted(found.values(), key=lambda row: str(row["lusername"]))[:limit]


def _starting(connection: Connection, column: ColumnElement[str], start: str, limit: int) -> list[Account]:
    starts = (column >= start, column < start + "\U0010ffff")
    query = select(accounts).where(*starts, *VISIBLE).order_by(column).limit(limit)
    return list(connection.execute(query).mappings())
