"""Column types and options of the tables."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, String, Text, text
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite, which has no time zones, keeps it without and gets it back with."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def result_processor(self, dialect: Dialect, _coltype: object) -> Callable[[Any], datetime | None] | None:
        """Return the parser of SQLite's text; asyncpg returns datetimes."""
        return _moment if dialect.name == "sqlite" else None


def _moment(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(stored + "+00:00")


class PlainJson(TypeDecorator[Any]):
    """A JSON value as text, for what anyone may read; the same on every engine, and never queried by its members."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


# SQLite numbers rows by itself only in a column declared INTEGER.
ID = BigInteger().with_variant(Integer, "sqlite")

# A removed account's number must never become another's: tokens carry it. PostgreSQL's sequences see to that.
NEVER_REUSED: dict[str, Any] = {"sqlite_autoincrement": True}

# Calls are added to its rows all the time: room in each page lets PostgreSQL do so without touching an index.
COUNTED: dict[str, Any] = {**NEVER_REUSED, "postgresql_with": {"fillfactor": 90}}

# Compared byte by byte on every engine, so that a prefix search is a range of the index.
NAME = String(200).with_variant(String(200, collation="C"), "postgresql")


def only(condition: str, *, sqlite: str = "") -> dict[str, Any]:
    """For an index: which rows it holds. SQLite uses it for a query only that says so in the same words."""
    return {"postgresql_where": text(condition), "sqlite_where": text(sqlite or condition)}


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
