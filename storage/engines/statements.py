"""Statements of the hot paths, compiled once and run on the driver itself.

SQLAlchemy writes the SQL and the conversion of values, as everywhere; only its work at each execution is skipped,
which takes 30 µs of the 40 of a look-up by index. Where an engine does not offer its driver (PostgreSQL for writes,
whose transactions SQLAlchemy keeps), it executes as ever.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, CursorResult, Dialect, Insert, Select, Update, Uuid

from storage.schema.columns import UtcTime
from storage.schema.encryption import EncryptedJson
from storage.schema.tables import Record

Process = Callable[[Any], Any]
# Execution options of an engine's connections: its driver, and its plans of statements.
DIRECT, PLANS = "direct", "plans"
Direct = Callable[[str, Sequence[Any]], Sequence[Sequence[Any]] | None]
"""Runs SQL with values in its driver's form, and gives all rows; None if SQLAlchemy is to execute it after all."""


class Plan(NamedTuple):
    """A statement as a driver takes it: SQL, its parameters in order, what converts values in and rows out."""

    sql: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]
    binds: tuple[tuple[int, Process], ...]
    columns: tuple[str, ...]
    results: tuple[tuple[str, Process], ...]
    # The same, for records that become JSON.
    encoded: tuple[tuple[str, Process], ...]

    def values(self, parameters: Mapping[str, Any]) -> list[Any]:
        """The parameters in the driver's order and form."""
        given = {**self.constants, **parameters} if self.constants else parameters
        values = [given[name] for name in self.names]
        for at, process in self.binds:
            values[at] = process(values[at])
        return values

    def record(self, row: Sequence[Any], *, encoded: bool = False) -> dict[str, Any]:
        """A row by its columns' names; with `encoded`, for JSON: see `Fetched.records`."""
        record = dict(zip(self.columns, row, strict=True))
        for name, process in self.encoded if encoded else self.results:
            record[name] = process(record[name])
        return record


class Fetched:
    """Rows as the driver returned them. They are converted (decrypted) only on iteration, on the iterating thread."""

    def __init__(self, rows: Sequence[Any], plan: Plan | None = None) -> None:
        """Rows of the driver with their plan, or, without one, records that SQLAlchemy has converted."""
        self._rows = rows
        self._plan = plan

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, part: slice) -> "Fetched":
        return Fetched(self._rows[part], self._plan)

    def values(self, column: str) -> list[Any]:
        """The values of a column as the driver returned them."""
        place: Any = self._plan.columns.index(column) if self._plan else column
        return [row[place] for row in self._rows]

    def records(self, *, encoded: bool = False) -> Iterator[dict[str, Any]]:
        """Each row by its columns' names.

        With `encoded`, stored JSON is not parsed: it is an `orjson.Fragment`. On SQLite, UUIDs and times are text.
        """
        plan = self._plan
        if plan is None:
            yield from map(dict, self._rows)
            return
        for row in self._rows:
            yield plan.record(row, encoded=encoded)


Plans = dict[Any, Plan]
"""The plans of one engine, by statement and names of parameters."""


class Statement:
    """A statement that is executed often. Its parameters are those that `Connection.execute` would be given."""

    def __init__(self, statement: Select[Any] | Insert | Update) -> None:
        self.statement = statement
        self.columns = [(str(name), column) for name, column in statement.exported_columns.items()]

    def all(
        self, connection: Connection, parameters: Mapping[str, Any], *, encoded: bool = False
    ) -> Sequence[Record]:
        """Every row; with `encoded` as in `Fetched.records`."""
        options: Mapping[str, Any] = connection.get_execution_options()
        direct: Direct | None = options.get(DIRECT)
        if direct is not None:
            plan = self._plan(options[PLANS], connection.dialect, parameters)
            rows = direct(plan.sql, plan.values(parameters))
            if rows is not None:
                return [plan.record(row, encoded=encoded) for row in rows]
        return self._execute(connection, parameters)

    def fetch(self, connection: Connection, parameters: Mapping[str, Any]) -> Fetched:
        """Every row, not yet converted."""
        options: Mapping[str, Any] = connection.get_execution_options()
        direct: Direct | None = options.get(DIRECT)
        if direct is not None:
            plan = self._plan(options[PLANS], connection.dialect, parameters)
            rows = direct(plan.sql, plan.values(parameters))
            if rows is not None:
                return Fetched(rows, plan)
        return Fetched(self._execute(connection, parameters))

    def first(self, connection: Connection, parameters: Mapping[str, Any], *, encoded: bool = False) -> Record | None:
        """The first row; None if there is none."""
        rows = self.all(connection, parameters, encoded=encoded)
        return rows[0] if rows else None

    def _execute(self, connection: Connection, parameters: Mapping[str, Any]) -> Sequence[Record]:
        result = connection.execute(self.statement, dict(parameters))
        if not self.columns:
            return []
        names = [name for name, _ in self.columns]
        return [dict(zip(names, row, strict=True)) for row in result]

    def _plan(self, plans: Plans, dialect: Dialect, parameters: Mapping[str, Any]) -> Plan:
        """What the statement is for this engine and these parameters, made at the first execution."""
        key = (self, *parameters)
        plan = plans.get(key)
        if plan is None:
            compiled = self.statement.compile(dialect=dialect, column_keys=list(parameters))
            plan = plans[key] = _plan_of(compiled, parameters, self.columns)
        return plan


def _plan_of(compiled: Any, parameters: Mapping[str, Any], columns: Sequence[tuple[str, Any]]) -> Plan:
    dialect: Dialect = compiled.dialect
    names = tuple(compiled.positiontup)
    lacking = [name for name in names if compiled.binds[name].required and name not in parameters]
    if lacking:
        raise ValueError(f"no value for {', '.join(lacking)}")
    types = [compiled.binds[name].type.dialect_impl(dialect) for name in names]
    binds = [(at, kind.bind_processor(dialect)) for at, kind in enumerate(types)]
    results = [(name, column.type.dialect_impl(dialect).result_processor(dialect, None)) for name, column in columns]
    encoded = [(name, _encoder(column.type, dialect)) for name, column in columns]
    return Plan(
        compiled.string,
        names,
        {name: compiled.params[name] for name in names if name not in parameters},
        tuple((at, process) for at, process in binds if process),
        tuple(name for name, _ in columns),
        tuple((name, process) for name, process in results if process),
        tuple((name, process) for name, process in encoded if process),
    )


def _encoder(kind: Any, dialect: Dialect) -> Process | None:
    """What converts a stored value for JSON: see `Fetched.records`."""
    if isinstance(kind, EncryptedJson):
        return kind.fragment_processor(dialect)
    if dialect.name == "sqlite" and isinstance(kind, Uuid):
        return _uuid_text
    if dialect.name == "sqlite" and isinstance(kind, UtcTime):
        return _time_text
    process: Process | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return process


def _uuid_text(stored: str | None) -> str | None:
    """SQLite's 32 digits with hyphens: making a UUID of them, and text of that, takes six times as long."""
    if stored is None:
        return None
    return f"{stored[:8]}-{stored[8:12]}-{stored[12:16]}-{stored[16:20]}-{stored[20:]}"


def _time_text(stored: str | None) -> str | None:
    """SQLite's `2026-11-20 12:00:00.123000` as `clock.iso` writes it, in an eighth of the time."""
    return None if stored is None else f"{stored[:10]}T{stored[11:23]}Z"


def inserted_id(result: CursorResult[Any]) -> int:
    """The number that the database gave the row just inserted."""
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])
