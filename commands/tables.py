"""Tables on stdout: framed at a terminal; plain lines, never cut or wrapped, into a file or a pipe."""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from core import clock

# Wider than any line of ours.
_WIDE = 10_000


def rows(columns: Sequence[str], found: Sequence[Sequence[Any]]) -> None:
    """Print one line for each row under the names of the columns; if words do not fit, print each row as a record."""
    table = _table(columns, found)
    console = _console()
    if console.width < Measurement.get(console, console.options.update(max_width=_WIDE), table).minimum:
        for row in found:
            record(dict(zip(columns, row, strict=True)))
    else:
        console.print(table)


def record(fields: Mapping[str, Any]) -> None:
    """Print a line for each field."""
    _console().print(_table(("", ""), list(fields.items()), show_header=False))


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)


def _table(columns: Sequence[str], found: Sequence[Sequence[Any]], *, show_header: bool = True) -> Table:
    table = Table(box=box.ROUNDED if sys.stdout.isatty() else None, show_header=show_header, pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in found:
        table.add_row(*map(_text, row))
    return table


def _text(value: Any) -> Text:
    """Return a value as plain text, without markup or control characters: users choose names."""
    if value is None:
        return Text("-")
    if isinstance(value, datetime):
        return Text(f"{value:%Y-%m-%d %H:%M}" if sys.stdout.isatty() else clock.iso(value))
    return Text("".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in str(value)))
