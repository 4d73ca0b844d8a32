"""What PostgreSQL plans to do for a statement, and what of it would take longer as tables grow."""

import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import BindParameter, Connection, Update, event
from sqlalchemy.engine import Engine
from sqlalchemy.sql import visitors

import storage
from storage.schema.tables import metadata
from tests.storage.population import OLD
from tests.storage.store import KEYS, Store

_DIALECT: Any = import_module("sqlalchemy.dialects.postgresql.asyncpg").dialect()
_BY_INDEX = ("Index Scan", "Index Only Scan")
FOLDER = Path(storage.__file__).parent
# Of those that everyone has few of, or that only staff add to.
SMALL = {
    "curated_sets",
    "curated_sets_id_seq",
    "option_packs",
    "totals",
    "quotas",
    "alembic_version",
    "canaries",
    "schema_revisions",
}
# Sorting so many rows, by the planner's estimate, is no matter.
FEW = 100
_PARTIAL = {
    index.name
    for table in metadata.sorted_tables
    for index in table.indexes
    if index.dialect_options["postgresql"]["where"] is not None
}


async def faults(url: str, statements: list[str]) -> list[str]:
    """What in the plans of these statements would cost more as tables grow."""
    connection = await asyncpg.connect(url)
    try:
        # Plans for all values. Without sequential scans a usable index appears in the plan, also for a small table.
        await connection.execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off")
        return [f"{fault}: {sql}" for sql in statements for fault in _seen(await _plan(connection, sql))]
    finally:
        await connection.close()


async def _plan(connection: asyncpg.Connection, statement: str) -> dict[str, Any]:
    count = max(map(int, re.findall(r"\$(\d+)", statement)), default=0)
    values = f"({', '.join(['NULL'] * count)})" if count else ""
    await connection.execute(f"PREPARE asked AS {statement}")
    explained = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE asked{values}")
    await connection.execute("DEALLOCATE asked")
    plan: dict[str, Any] = json.loads(explained)[0]["Plan"]
    return plan


def _seen(node: dict[str, Any]) -> Iterator[str]:
    kind, table, inputs = node["Node Type"], node.get("Relation Name", ""), node.get("Plans", [])
    if kind == "Seq Scan" and table not in SMALL:
        yield f"Seq Scan on {table}"
    if kind in _BY_INDEX and "Filter" in node and table not in SMALL and not _is_narrow(node):
        yield f"{kind} on {table}"
    if kind == "Sort" and inputs[0]["Plan Rows"] > FEW:
        yield f"Sort of {inputs[0]['Plan Rows']} rows"
    if kind == "Aggregate" and not any(_has_equality(part) or part["Node Type"] == "Limit" for part in _all(node)):
        yield "Aggregate of what belongs to nobody in particular"
    for part in inputs:
        yield from _seen(part)


def _all(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for part in node.get("Plans", []):
        yield from _all(part)


def _is_narrow(node: dict[str, Any]) -> bool:
    """Return whether the index restricts the rows: by an equal value, a range with two ends, or a partial index."""
    condition = node.get("Index Cond", "")
    return _has_equality(node) or (">" in condition and "<" in condition) or node["Index Name"] in _PARTIAL


def _has_equality(node: dict[str, Any]) -> bool:
    return bool(re.search("(?<![<>!])=", node.get("Index Cond", "")))


def sql_of(statement: Any) -> str:
    """A statement as it is sent, with two values in each list."""
    parts = visitors.iterate(statement)
    lists = {part.key: [1, 2] for part in parts if isinstance(part, BindParameter) and part.expanding}
    # Of an update that leaves it open which columns are set, the last.
    columns = [statement.table.columns.keys()[-1]] if isinstance(statement, Update) else None
    made = statement.params(lists) if lists else statement
    options = {"render_postcompile": True}
    return str(made.compile(dialect=_DIALECT, column_keys=columns, compile_kwargs=options))


@cache
def _module_of_storage(file: str) -> str:
    """The module of storage in this file; empty for another file. Asked at each call of any function."""
    path = Path(file)
    return path.stem if FOLDER in path.parents else ""


def caught(url: str, work: Callable[[Connection], Any]) -> tuple[list[str], set[str]]:
    """The statements that some work sends, and the functions of storage that it goes through; all is undone."""
    statements: list[str] = []
    functions: set[str] = set()

    def note_call(frame: Any, kind: str, _: Any) -> None:
        if kind == "call" and (module := _module_of_storage(frame.f_code.co_filename)):
            functions.add(f"{module}.{frame.f_code.co_name}")

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not re.match("SAVEPOINT|RELEASE|ROLLBACK", statement):
            statements.append(statement)

    def watched(connection: Connection) -> None:
        sys.setprofile(note_call)
        try:
            work(connection)
        finally:
            sys.setprofile(None)
        raise _Undone

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with asyncio.Runner() as runner:
            store = Store(url, runner)
            store.connect({**KEYS, **OLD})
            with pytest.raises(_Undone):
                store.write(watched)
            store.disconnect()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return list(dict.fromkeys(statements)), functions


class _Undone(Exception):
    """Raised to roll back the watched statements."""
