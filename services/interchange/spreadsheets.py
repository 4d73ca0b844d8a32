"""CSV (RFC 4180) that spreadsheets can open safely."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

# A spreadsheet takes what begins so for a formula, and a formula can send data away.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(text: str) -> str:
    """The text, with a `'` before it where a spreadsheet would carry it out."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def written(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """A heading and these rows; None is an empty cell, and no text begins as a formula does."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([cell(value) if isinstance(value, str) else value for value in row] for row in rows)
    return text.getvalue()
