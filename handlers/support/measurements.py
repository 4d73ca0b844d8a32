"""Measurements as clients send them in `measies`: the values to store, and the entries that are ignored."""

from collections.abc import Callable, Mapping
from typing import Any

from core import document
from services.interchange import numerals

NAMES = frozenset(document.load()["components"]["schemas"]["Measurements"]["properties"])
LONGEST_NAME = 100
"""Characters of a name in a list of ignored entries: a client may send any number."""
_NUMBERS = (int, float)
# What the pages of FreeSewing's website send for a measurement that was cleared.
_UNSET = "__UNSET__"

Ignored = list[dict[str, str]]
"""The document's `IgnoredMeasurements`: of each entry the beginning of its name, and the reason."""


def of_new_set(sent: Mapping[str, Any]) -> tuple[dict[str, float], Ignored]:
    """Return the values to store, in millimetres or degrees, and the ignored entries in the order of `sent`."""
    values, ignored = _sorted_out(sent, clears=_is_unset)
    return {name: value for name, value in values.items() if value is not None}, ignored


def of_update(sent: Mapping[str, Any]) -> tuple[dict[str, float | None], Ignored]:
    """Return the same for an update, where None, from null or a value of 0 or less, clears a measurement."""
    return _sorted_out(sent, clears=_is_unset_or_not_positive)


def _sorted_out(sent: Mapping[str, Any], clears: Callable[[Any], bool]) -> tuple[dict[str, float | None], Ignored]:
    values: dict[str, float | None] = {}
    ignored: Ignored = []
    for name, value in sent.items():
        if type(value) in _NUMBERS and 0 < value <= numerals.MOST and name in NAMES:  # what nearly all entries are
            values[name] = value
        elif name in NAMES and clears(value):
            values[name] = None
        elif reason := _reason(name, value):
            ignored.append({"name": name[:LONGEST_NAME], "reason": reason})
        else:
            values[name] = _number(value)
    return values, ignored


def _is_unset(value: Any) -> bool:
    return value is None or value == _UNSET


def _is_unset_or_not_positive(value: Any) -> bool:
    number = _number(value)
    return _is_unset(value) or (number is not None and number <= 0)


def _reason(name: str, value: Any) -> str:
    """Why an entry is not stored, one of the document's `IgnoredReason`; empty if it is."""
    if name not in NAMES:
        return "unknown"
    number = _number(value)
    if number is None:
        return "notMeasured" if value == "" else "notANumber"
    if number == 0:
        return "notMeasured"
    return "" if 0 < number <= numerals.MOST else "outOfRange"


def _number(value: Any) -> float | None:
    """The number that a value is, or whose text it is; None for anything else."""
    if type(value) in _NUMBERS:  # not isinstance: True and False are no numbers here
        return value  # type: ignore[no-any-return]
    decimal = numerals.read(value.strip()) if isinstance(value, str) else None
    if decimal is None:
        return None
    number = float(decimal)
    return int(number) if number.is_integer() else number
