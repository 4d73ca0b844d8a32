"""Statements that are run on the driver itself: the same rows and the same errors as SQLAlchemy's own execution."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Select, bindparam, column, event, insert, literal, select, text, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, StatementError

from core.errors import AlreadyExists
from storage import apikeys, sets
from storage.engines.statements import Statement
from storage.schema.tables import apikeys as keys_table
from storage.schema.tables import metadata
from storage.schema.tables import sets as sets_table
from tests.storage.store import NOW, Store

TABLES = [table for table in metadata.sorted_tables if not table.foreign_keys]


@contextmanager
def executed() -> Iterator[list[str]]:
    """What SQLAlchemy itself executes meanwhile."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def both_ways(connection: Connection, /, query: Select[Any], **given: Any) -> tuple[list[Any], list[Any]]:
    """All rows by a Statement, and by SQLAlchemy."""
    return list(Statement(query).all(connection, given)), [
        dict(row) for row in connection.execute(query, given).mappings()
    ]


@pytest.mark.parametrize("table", TABLES, ids=str)
@pytest.mark.parametrize("how", ["read", "write"])
def test_rows_of_every_table_are_those_of_sqlalchemy(store: Store, table: Any, how: str) -> None:
    store.new_row(table)
    store.new_row(table)
    direct, usual = getattr(store, how)(both_ways, select(table))
    assert len(direct) == 2
    assert direct == usual


def test_nulls_and_constants_are_those_of_sqlalchemy(store: Store) -> None:
    user_id = store.new_account()["id"]
    store.new_key(user_id)
    query = select(keys_table).where(keys_table.c.user_id == bindparam("user_id"), keys_table.c.level > literal(2))
    direct, usual = store.read(both_ways, query, user_id=user_id)
    assert direct == usual
    assert direct[0]["revoked_at"] is None
    assert direct[0]["revoked_reason"] is None


def test_reads_go_past_sqlalchemy(store: Store) -> None:
    made = store.new_set(store.new_account()["id"])
    with executed() as statements:
        assert store.read(sets.find, made["id"]) == made
        assert store.read(sets.find, made["uuid"]) == made
    assert statements == []


def test_each_set_of_parameters_has_a_plan_of_its_own(store: Store) -> None:
    made = store.new_set(store.new_account()["id"])
    later = NOW + timedelta(days=1)
    for fields in ({"name": "one"}, {"notes": "two"}, {"name": "three", "public": True}, {"name": "four"}):
        row = store.edit(sets, made["id"], measies={}, now=later, **fields)
        assert store.read(sets.find, made["id"]) == row
        assert {name: row[name] for name in fields} == fields


def test_a_missing_row_is_none(store: Store) -> None:
    statement = Statement(select(sets_table).where(sets_table.c.id == bindparam("id")))
    assert store.read(statement.first, {"id": 999_999}) is None
    assert store.read(statement.all, {"id": 999_999}) == []


def test_a_constraint_speaks_as_through_sqlalchemy(store: Store) -> None:
    key = store.new_key(store.new_account()["id"])
    row = dict(store.read(apikeys.find, key["key"]))
    del row["id"]
    with pytest.raises(AlreadyExists):
        store.write(Statement(insert(keys_table)).all, row)
    assert store.count(keys_table) == 1


def test_an_error_in_a_query_is_raised_by_sqlalchemy_and_leaves_the_connection_usable(store: Store) -> None:
    user_id = store.new_account()["id"]
    missing = Statement(select(column("x")).select_from(text("no_such_table")))
    for _ in range(10):
        with pytest.raises(DBAPIError, match="no_such_table"):
            store.read(missing.all, {})
    assert list(store.read(sets.list_of, user_id)) == []


def test_a_forgotten_parameter_is_no_null(store: Store) -> None:
    statement = Statement(select(sets_table).where(sets_table.c.id == bindparam("id")))
    with pytest.raises((ValueError, StatementError)):
        store.read(statement.all, {})


def test_an_update_without_rows_gives_none(store: Store) -> None:
    made = store.new_set(store.new_account()["id"])
    statement = Statement(update(sets_table).where(sets_table.c.id == bindparam("set_id")))
    assert store.write(statement.all, {"set_id": made["id"], "name": "new"}) == []
    assert store.read(sets.find, made["id"])["name"] == "new"
