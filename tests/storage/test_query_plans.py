"""How PostgreSQL carries out every statement of `storage/`: no look-up and no list may cost more as tables grow.

Statements at the top of a module are found by themselves; those that a function builds are caught while the functions
in CALLS run. A new one that is not reached fails a test.
"""

import ast
import asyncio
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Delete, Insert, Select, TextClause, Update
from sqlalchemy.dialects import sqlite

from storage import (
    migrate,
)
from storage.engines.slices import SlicedList
from storage.engines.statements import Statement
from storage.records import Records
from storage.schema.tables import metadata
from tests.databases import fresh_postgres
from tests.storage.calls import CALLS
from tests.storage.plans import FOLDER, caught, faults, sql_of
from tests.storage.population import fill

# Parts of other statements, never executed alone.
PARTS = {
    "patterns._with_owner",
    "quota_requests._after",
    "quota_requests._with_key",
    "quotas._with_key",
}
# Why these may look at more than what they give.
ALLOWED = {
    "administration.page": "walks all accounts for an operator's command, whose filters few accounts may match",
    "mails.page": "the same, of mails",
    "health._oldest_code": "a row for each migration",
    "canaries.count_bound_to_secret": "counts for an operator's command",
    "administration._containing": "search for staff by a part of a name; docs/postgresql.md has an index for it",
    "mails._waiting": "counts a queue, which is as long as mail is late",
    "subscribers.page": "passes over the unconfirmed, who are forgotten after a while",
    "reencryption.count": "the same",
    "usage_reports.heaviest_accounts": "adds up what everybody used, for administrators",
    "usage_reports.heaviest_keys": "the same",
    "usage_reports.heaviest_networks": "the same",
}
# They run at import: what they build stands at the top of a module.
AT_IMPORT = {
    "columns.only",
    "records.__init__",
    "slices.__init__",
    "slices._last",
    "storage_use.__init__",
    "storage_use.owner_bytes",
    "usage._removing",
}
# What reads no table.
WITHOUT_TABLE = {"checks.describe"}
STATEMENTS = (Select, Insert, Update, Delete, TextClause)


def _modules() -> list[Path]:
    """The modules of storage but migrations, as paths relative to it. Statements are named by the last part."""
    paths = [path.relative_to(FOLDER) for path in FOLDER.rglob("*.py") if path.stem != "__init__"]
    return sorted(path for path in paths if "migrations" not in path.parts)


def _statements(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, SlicedList):
        yield from _statements(name, value.statement)
    elif isinstance(value, Records):
        yield from (found for part in vars(value) for found in _statements(f"{name}.{part}", vars(value)[part]))
    elif isinstance(value, Statement):
        yield name, value.statement
    elif isinstance(value, STATEMENTS) and not isinstance(value, sqlite.Insert):
        yield name, value
    elif isinstance(value, dict | list | tuple):
        for place, item in enumerate(value.values() if isinstance(value, dict) else value):
            yield from _statements(f"{name}[{place}]", item)


AT_THE_TOP = {
    name: statement
    for module in _modules()
    for attribute, value in vars(import_module(".".join(["storage", *module.with_suffix("").parts]))).items()
    for name, statement in _statements(f"{module.stem}.{attribute}", value)
    if name not in PARTS
}


@cache
def _called(url: str, name: str) -> tuple[list[str], set[str]]:
    return caught(url, CALLS[name])


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A migrated database in which every table has so many rows that looking at all of them is dear."""
    with fresh_postgres() as address:
        migrate.upgrade(address)
        asyncio.run(fill(address))
        yield address


@pytest.mark.parametrize("name", AT_THE_TOP)
def test_a_statement_needs_no_more_as_its_tables_grow(url: str, name: str) -> None:
    assert asyncio.run(faults(url, [sql_of(AT_THE_TOP[name])])) == [] or name in ALLOWED


@pytest.mark.parametrize("name", CALLS)
def test_what_a_function_asks_needs_no_more_as_its_tables_grow(url: str, name: str) -> None:
    statements, _ = _called(url, name)
    assert statements
    assert asyncio.run(faults(url, statements)) == [] or name in ALLOWED


def test_statements_that_may_scan_more_rows_do_so(url: str) -> None:
    needed = set()
    for name in ALLOWED:
        statements = [sql_of(AT_THE_TOP[name])] if name in AT_THE_TOP else _called(url, name)[0]
        if asyncio.run(faults(url, statements)):
            needed.add(name)
    assert needed == set(ALLOWED)


def test_every_function_that_builds_a_statement_is_called_here(url: str) -> None:
    reached = set().union(*(_called(url, name)[1] for name in CALLS))
    missing = set(_builders()) - reached - AT_IMPORT - WITHOUT_TABLE
    assert not missing, "add a call of each to tests/storage/calls.py"


def test_every_reference_to_an_account_is_found_by_an_index() -> None:
    for table in metadata.sorted_tables:
        leading = {next(iter(index.columns)) for index in table.indexes} | {next(iter(table.primary_key.columns))}
        for key in table.foreign_keys:
            assert key.parent in leading, f"{key.parent} has no index"


def test_a_scan_and_a_walk_and_a_sort_are_seen(url: str) -> None:
    asked = {
        "SELECT * FROM sets WHERE public": "Seq Scan on sets",
        "SELECT * FROM accounts WHERE patron = 3 ORDER BY id LIMIT 5": "Index Scan on accounts",
        "SELECT * FROM sets WHERE id > 5 ORDER BY updated_at": "Sort",
    }
    for statement, fault in asked.items():
        assert fault in " ".join(asyncio.run(faults(url, [statement])))


def _builders() -> Iterator[str]:
    """The functions of storage that put a statement together."""
    for module in _modules():
        for function in ast.walk(ast.parse((FOLDER / module).read_text())):
            if isinstance(function, ast.FunctionDef) and any(map(_builds, ast.walk(function))):
                yield f"{module.stem}.{function.name}"


def _builds(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    named = node.func.id if isinstance(node.func, ast.Name) else ""
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    return named in {"select", "update", "delete", "exists", "text"} or method == "where"
