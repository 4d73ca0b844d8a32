"""Slices of lists, bounded in rows and in stored bytes.

The statement adds up the stored sizes of the rows, which databases know without reading the values, and ends at a
number of bytes. A slice holds rows as the driver returned them: the caller decides on which thread they are
decrypted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, FromClause, Select, Table, bindparam, case, func, select
from sqlalchemy import literal_column as sql

from storage.engines.statements import Fetched, Statement
from storage.schema.columns import PlainJson
from storage.schema.encryption import Encrypted
from storage.schema.tables import ALL, Record

# Bytes that each row counts for besides its large values: about the size of its other members as JSON.
ROW_BYTES = 500
# A bound that no list reaches.
ALL_BYTES = 2**62
STORED_BYTES = "stored_bytes"
# The greatest number that a database gives a row.
LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive rows of a list, their stored bytes, and whether the list has more rows after them."""

    rows: Fetched
    stored_bytes: int
    has_more: bool
    arrange: Callable[[Record], Record] | None

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Record]:
        """Each row by its columns' names."""
        return self.records()

    def records(self, *, encoded: bool = False) -> Iterator[Record]:
        """The same; with `encoded`, encrypted JSON is not parsed: it is an `orjson.Fragment`."""
        for row in self.rows.records(encoded=encoded):
            del row[STORED_BYTES]
            yield row if self.arrange is None else self.arrange(row)


class SlicedList:
    """A list in the order of its numbers (`id`), read a slice at a time.

    `rows` selects what each row holds, and `where` picks the rows of `table` that belong to the list. Encrypted and
    JSON columns of the tables in `sized` count towards the bytes; `sized` is `table` itself or a join with it.
    """

    def __init__(
        self,
        rows: Select[Any],
        table: Table,
        *where: ColumnElement[bool],
        sized: FromClause | None = None,
        arrange: Callable[[Record], Record] | None = None,
    ) -> None:
        here = [*where, table.c.id > bindparam("after")]
        size = _size(table if sized is None else sized)
        sizes = select(table.c.id, size.label("size")).select_from(sized if sized is not None else table).where(*here)
        self._arrange = arrange
        self.statement = Statement(
            rows.add_columns(size.label(STORED_BYTES))
            .where(*here, table.c.id <= _last(sizes.order_by(table.c.id).limit(bindparam("limit"))))
            .order_by(table.c.id)
            .limit(bindparam("limit"))
        )

    def read(
        self, connection: Connection, *, limit: int = ALL, after: int = 0, most_bytes: int = ALL_BYTES, **values: Any
    ) -> Slice:
        """At most `limit` rows numbered above `after`, of `most_bytes` stored bytes together; at least one row."""
        # One row more than is returned tells whether there are more.
        asked = {**values, "limit": limit + 1, "after": after, "most_bytes": most_bytes}
        rows = self.statement.fetch(connection, asked)
        stored_bytes = sum(rows.values(STORED_BYTES))
        has_more = len(rows) > limit or stored_bytes > most_bytes
        return Slice(rows[:-1] if has_more and len(rows) > 1 else rows, stored_bytes, has_more, self._arrange)


def _last(rows: Select[Any]) -> ColumnElement[int]:
    """The number of the first of the rows with which they have more than `most_bytes`; the greatest if none has.

    `rows` has `id` and `size` of each.

    Running totals cost some time a row, so they are only computed where the sum shows that they are needed.
    """
    most_bytes = bindparam("most_bytes", type_=BigInteger)
    sizes = rows.subquery("sizes")
    total = select(func.coalesce(func.sum(sizes.c.size), 0)).scalar_subquery()
    # Of numbers that are computed already: SQLite would otherwise read every value for its running total.
    running = func.sum(sizes.c.size).over(order_by=sizes.c.id, rows=(None, 0))
    passed = select(sizes.c.id, (running - sizes.c.size).label("before")).subquery("passed")
    last = select(func.max(passed.c.id)).where(passed.c.before <= most_bytes).scalar_subquery()
    return case((total <= most_bytes, sql(str(LAST))), else_=last)


def _size(sized: FromClause) -> Any:
    """The stored bytes of a row."""
    return sum((_length(column) for column in sized.c if _may_be_large(column)), start=sql(str(ROW_BYTES)))


def _may_be_large(column: ColumnElement[Any]) -> bool:
    return isinstance(column.type, Encrypted | PlainJson)


def _length(column: ColumnElement[Any]) -> ColumnElement[int]:
    # Null in an optional column, and in a table that an outer join found no row of.
    return func.coalesce(func.length(column, type_=BigInteger), sql("0"))
