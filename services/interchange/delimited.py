"""CSV (RFC 4180): a heading, then a line for each measurement with its name, its value and its unit."""

import csv
import re
from collections.abc import Iterator, Mapping
from io import StringIO
from itertools import chain, repeat
from typing import Any

from core.errors import FileInvalid, UnitsMissing
from services.interchange import numerals, spreadsheets
from services.interchange.report import MOST_ENTRIES, NO_NUMBER, Contents, unit_of
from services.interchange.table import OURS

HEADING = ("measurement", "value", "unit")
_CALLED = {"measurement": 0, "name": 0, "value": 1, "unit": 2, "units": 2}
_SEPARATORS = ",;\t"
# Excel writes this line first, so that it reads the file the same way in every country.
_DECLARED_SEPARATOR = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
# `1,234` may be a thousand or one and a bit; `0,234` and `1,23` can only be decimals.
_COMMA = re.compile(r"-?\d+,\d+", re.ASCII)
_GROUPED = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)


def read(text: str, units: str | None) -> Contents:
    """What the file holds; raises FileInvalid, and UnitsMissing where neither a line nor `units` says the unit."""
    separator, table = _separated(text.lstrip())
    rows = _rows(table, separator)
    heading = [cell.strip().lower() for cell in next(rows, [])]
    places = _places(heading)
    contents = Contents("csv")
    for column in heading:
        if column and column not in _CALLED:
            contents.drop(column, "unsupported")
    for row in rows:
        name, value, unit = (row[place].strip() if place is not None and place < len(row) else "" for place in places)
        value = NO_NUMBER if _is_torn(row, heading) else _decimal(value, separator)
        _take(contents, name, value, unit or unit_of(name, units or ""))
    of_lengths = {measured.unit for measured in contents.measured.values()} - {numerals.DEGREE}
    contents.imperial = of_lengths == {numerals.INCH}
    return contents


def _separated(text: str) -> tuple[str, str]:
    """Return the separator, from a line `sep=` or else from the heading, and the table; raises FileInvalid."""
    declared = _DECLARED_SEPARATOR.match(text)
    if declared is None:
        return max(_SEPARATORS, key=text.partition("\n")[0].count), text
    if declared[1] not in _SEPARATORS:
        raise FileInvalid("The line sep= must name a comma, a semicolon or a tab.")
    return declared[1], text[declared.end() :]


def _places(heading: list[str]) -> list[int | None]:
    """Where each of `HEADING` stands; raises FileInvalid if one is twice there, or lacks and is needed."""
    columns = [_CALLED.get(cell) for cell in heading]
    if columns.count(0) != 1 or columns.count(1) != 1 or columns.count(2) > 1:
        raise FileInvalid("The first line must be a heading with the columns measurement and value, and none twice.")
    return [columns.index(column) if column in columns else None for column in range(len(HEADING))]


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    """The lines that hold anything."""
    try:
        for number, row in enumerate(csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)):
            if number > MOST_ENTRIES:
                raise FileInvalid(f"The file has more than {MOST_ENTRIES} lines.")
            if any(cell.strip() for cell in row):
                yield row
    except csv.Error:
        raise FileInvalid("The file is not CSV.") from None


def _is_torn(row: list[str], heading: list[str]) -> bool:
    """Whether a cell has no heading: `chest,36,5` may be 36.5, written by who did not know that a comma separates.

    In a line that is too long a note may have slipped from its place by that: `chest,36,5,` where three are named.
    """
    too_long = len(row) > len(heading)
    pairs = zip(row, chain(heading, repeat("")), strict=False)
    return any(cell.strip() and (not called or (too_long and called not in _CALLED)) for cell, called in pairs)


def _decimal(value: str, separator: str) -> str:
    """The value with a decimal point; `NO_NUMBER` for what may be thousands, as `1.234` may where `;` separates."""
    if _GROUPED.fullmatch(value) and ("," in value or separator == ";"):
        return NO_NUMBER
    return value.replace(",", ".") if _COMMA.fullmatch(value) else value


def _take(contents: Contents, name: str, value: str, unit: str) -> None:
    if value and not unit and name in OURS:
        raise UnitsMissing("Neither the file nor the request states the unit: mm, cm or inch.")
    contents.add(name, value, numerals.unit_named(unit))


def written(record: Mapping[str, Any]) -> bytes:
    """A set (`measies` in millimetres, `imperial`) as a file, in inches or millimetres."""
    unit = numerals.INCH if record["imperial"] else numerals.MM
    rows = []
    for name, value in record["measies"].items():
        own = unit_of(name, unit)
        rows.append((name, numerals.shown(value, own), own))
    return spreadsheets.written(HEADING, rows).encode()
