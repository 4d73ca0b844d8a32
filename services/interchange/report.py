"""What a file holds, and what became of it."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.errors import FileInvalid
from services.interchange import numerals
from services.interchange.table import ANGLES, OURS, THEIRS

LONGEST_NAME = 100
MOST_ENTRIES = 1_000
"""Measurements in a file; Seamly2D knows 246."""
MOST_DROPPED = 1_100
"""Entries for dropped values in a report."""
LONGEST = {"name": 600, "notes": 21_000}
"""Characters of a set's texts: more than may be sent, for a clone's end with where it is from."""
NO_NUMBER = "no number"
"""The reason in a report for a value that is not a number."""
_FORMULA = re.compile(r"[-+*/()@=]|[A-Za-z]_")


def unit_of(source: str, general: str) -> str:
    """The unit of a measurement that does not say its own, in a file of this unit of length: angles have another."""
    return numerals.DEGREE if source in ANGLES else general


@dataclass(frozen=True, slots=True)
class Dropped:
    """What of a file was not taken: its name there, and why, one of the document's `ImportReason`."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A measurement in millimetres or degrees, and the unit that the file has it in."""

    value: Decimal
    unit: str

    @property
    def as_is(self) -> bool:
        """Whether the file has the same number."""
        return numerals.UNITS[self.unit] == 1


@dataclass(slots=True)
class Contents:
    """A file as it was read, before its measurements are made ours; `theirs` if they have Seamly2D's names."""

    format: str
    theirs: bool = False
    name: str | None = None
    notes: str | None = None
    imperial: bool = False
    measured: dict[str, Measured] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _entries: int = 0

    def drop(self, source: str, reason: str) -> None:
        """Report that something in the file is not imported. Raises FileInvalid above MOST_DROPPED."""
        if len(self.dropped) >= MOST_DROPPED:
            raise FileInvalid(f"The file has more than {MOST_DROPPED} parts that cannot be imported.")
        self.dropped.append(Dropped(source[:LONGEST_NAME], reason))

    def text(self, field: str, text: Any) -> str | None:
        """A text of the file's as a set can have it; None, with a note, where it cannot."""
        if isinstance(text, str) and len(text) <= LONGEST[field] and "\x00" not in text:
            return text
        self.drop(field, "unusable")
        return None

    def add(self, source: str, text: str, unit: str | None) -> None:
        """Take a measurement, or note why not: of two with a name the first. Raises FileInvalid if they are too many.

        `unit` is one of `numerals.UNITS`, or None where it is none of them.
        """
        self._entries += 1
        if self._entries > MOST_ENTRIES:
            raise FileInvalid(f"The file has more than {MOST_ENTRIES} measurements.")
        reason = "duplicate" if source in self._seen else self._take(source, text, unit)
        self._seen.add(source)
        if reason:
            self.drop(source, reason)

    def _take(self, source: str, text: str, unit: str | None) -> str:
        """Why it is not taken; empty if it is."""
        number = numerals.read(text)
        if not text or number == 0:
            return "notMeasured"
        if source not in (THEIRS if self.theirs else OURS):
            return "unknown"
        if number is None:
            return "formula" if _FORMULA.search(text) else "notANumber"
        if unit is None or (unit == numerals.DEGREE) != (source in ANGLES):
            return "unitUnknown"
        value = numerals.scaled(number, unit)
        if numerals.stored(value) is None:
            return "outOfRange"
        self.measured[source] = Measured(value, unit)
        return ""


@dataclass(frozen=True, slots=True)
class Imported:
    """A measurement of ours: what it was taken from, its millimetres or degrees, how, and how far to trust it."""

    name: str
    source: str
    value: int | float
    how: str
    confidence: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of reading a file: its measurements, measurements computed from them, and dropped values.

    `derived` are sums of measurements in the file that give one which is not in it. `name` and `notes` are None where
    the file has none; they can be empty, too.
    """

    format: str
    name: str | None
    notes: str | None
    imperial: bool
    measurements: list[Imported]
    derived: list[Imported]
    dropped: list[Dropped]
