"""Usage reports: of one account or key over time, and the heaviest accounts, keys and networks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, case, desc, func, select, true

from storage.schema.fair_use import usage_anonymous, usage_days, usage_hours
from storage.schema.tables import Record, accounts, apikeys

GRANULARITIES = {"day": usage_days, "hour": usage_hours}
# The first digit of statuses that tell of an error.
ERRORS = 4


def series(
    connection: Connection,
    granularity: str,
    *,
    user_id: int,
    key_id: int | None = None,
    begin: datetime,
    end: datetime,
    by: str | None = None,
    limit: int,
) -> list[Record]:
    """Up to `limit` rows of calls, errors, bytes_out and microseconds, of the hours or days in which there were any.

    Of one of the account's keys where `key_id` is given (0: of its tokens); grouped by operation, status or key where
    `by` says so, a token's or a forgotten key's being None. The oldest come first.
    """
    table = GRANULARITIES[granularity]
    dimensions = {"operation": table.c.operation, "status": table.c.status, "key": apikeys.c.key}
    names = [table.c.at, *([dimensions[by]] if by else [])]
    query = select(*names, *_sums(table)).where(table.c.user_id == user_id, table.c.at >= begin, table.c.at < end)
    if key_id is not None:
        query = query.where(table.c.key_id == key_id)
    if by == "key":
        query = query.outerjoin_from(table, apikeys, apikeys.c.id == table.c.key_id)
    return list(connection.execute(query.group_by(*names).order_by(*names).limit(limit)).mappings())


def names_of_keys(connection: Connection, keys: Sequence[UUID]) -> dict[str, str]:
    """The names of these keys, by their ids, as far as there are such keys."""
    query = select(apikeys.c.key, apikeys.c.name).where(apikeys.c.key.in_(keys))
    return {str(key): name for key, name in connection.execute(query)}


def heaviest_keys(
    connection: Connection, granularity: str, *, before: datetime, begin: datetime, end: datetime, limit: int
) -> list[Record]:
    """The keys with most calls from `begin` to `end`, and how many they made from `before` on until then.

    The moments are whole hours or days, as `granularity` says.
    """
    table = GRANULARITIES[granularity]
    most = _heaviest(table, before, begin, end, limit, table.c.user_id, table.c.key_id)
    found = most.where(table.c.key_id != 0).subquery()
    query = (
        select(found, accounts.c.username, apikeys.c.key, apikeys.c.name)
        .join(accounts, accounts.c.id == found.c.user_id)
        .join(apikeys, apikeys.c.id == found.c.key_id)
    )
    return list(connection.execute(query.order_by(found.c.calls.desc(), found.c.key_id)).mappings())


def heaviest_accounts(
    connection: Connection, granularity: str, *, before: datetime, begin: datetime, end: datetime, limit: int
) -> list[Record]:
    """The same of accounts, with tokens and keys together."""
    table = GRANULARITIES[granularity]
    found = _heaviest(table, before, begin, end, limit, table.c.user_id).subquery()
    query = select(found, accounts.c.username).join(accounts, accounts.c.id == found.c.user_id)
    return list(connection.execute(query.order_by(found.c.calls.desc(), found.c.user_id)).mappings())


def heaviest_networks(connection: Connection, *, begin: datetime, end: datetime, limit: int) -> list[Record]:
    """The networks with most anonymous calls from `begin` to `end`."""
    table = usage_anonymous
    query = (
        select(table.c.prefix, *_sums(table))
        .where(table.c.at >= begin, table.c.at < end)
        .group_by(table.c.prefix)
        .order_by(desc("calls"), table.c.prefix)
        .limit(limit)
    )
    return list(connection.execute(query).mappings())


def _heaviest(
    table: Table, before: datetime, begin: datetime, end: datetime, limit: int, *names: ColumnElement[Any]
) -> Select[Any]:
    in_time = table.c.at >= begin
    calls_before = func.sum(case((in_time, 0), else_=table.c.calls)).label("calls_before")
    return (
        select(*names, *_sums(table, in_time), calls_before)
        .where(table.c.at >= before, table.c.at < end)
        .group_by(*names)
        .having(func.sum(case((in_time, table.c.calls), else_=0)) > 0)
        .order_by(desc("calls"), *names)
        .limit(limit)
    )


def _sums(table: Any, counted: ColumnElement[bool] | None = None) -> list[ColumnElement[Any]]:
    """The sums of a table's amounts, all or of the rows that count, and of the calls that ended in an error."""
    counted = true() if counted is None else counted

    def total(column: ColumnElement[Any], condition: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.sum(case((condition, column), else_=0))

    return [
        total(table.c.calls, counted).label("calls"),
        total(table.c.calls, and_(counted, table.c.status >= ERRORS)).label("errors"),
        total(table.c.bytes_out, counted).label("bytes_out"),
        total(table.c.microseconds, counted).label("microseconds"),
    ]
