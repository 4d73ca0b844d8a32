"""Exact conversion between decimals of a unit in a file and stored numbers."""

import re
from decimal import Context, Decimal

MM, CM, INCH, DEGREE = "mm", "cm", "inch", "deg"
UNITS = {MM: Decimal(1), CM: Decimal(10), INCH: Decimal("25.4"), DEGREE: Decimal(1)}
"""Millimetres or degrees, as stored, for one of each unit."""
_SYNONYMS = {
    MM: ("millimeter", "millimeters", "millimetre", "millimetres"),
    CM: ("centimeter", "centimeters", "centimetre", "centimetres"),
    INCH: ("in", "inches", '"', "″"),
    DEGREE: ("degree", "degrees", "°"),
}
_UNIT_NAMES = {name: unit for unit, synonyms in _SYNONYMS.items() for name in (unit, *synonyms)}
MOST = 100_000
"""The largest accepted number of millimetres or degrees."""
LONGEST = 64
_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
# Enough to tell any two numbers apart that can be stored, however close they are.
EXACT = Context(prec=60)


def read(text: str) -> Decimal | None:
    """The decimal number that a text is; None if it is anything else, or longer than any number needs to be."""
    return Decimal(text) if len(text) <= LONGEST and _NUMBER.fullmatch(text) else None


def unit_named(text: str) -> str | None:
    """Return the unit in `UNITS` that the text names, in any case and with or without a full stop; else None."""
    return _UNIT_NAMES.get(text.strip().lower().removesuffix("."))


def stored(number: Decimal) -> int | float | None:
    """A number of millimetres or degrees as it is stored; None unless it is above 0 and no more than MOST."""
    if not 0 < number <= MOST:
        return None
    value = float(number)
    # A number that is rounded to 0 is None, too.
    return (int(value) if value.is_integer() else value) or None


def scaled(number: Decimal, unit: str) -> Decimal:
    """A number of this unit in millimetres, or degrees."""
    return EXACT.multiply(number, UNITS[unit])


def shown(value: float, unit: str) -> str:
    """Return a stored number as a decimal of the unit, with the fewest digits from which the same value is read."""
    exact = EXACT.divide(Decimal(repr(value)), UNITS[unit])
    for digits in range(1, EXACT.prec):
        rounded = Context(prec=digits).plus(exact)
        if stored(scaled(rounded, unit)) == value:
            return _written(rounded)
    raise AssertionError("no two numbers that can be stored are so close")


def _written(number: Decimal) -> str:
    plain = format(number, "f")
    return plain if len(plain) <= LONGEST else str(number)
