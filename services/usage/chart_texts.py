"""The texts of charts in the six languages: `texts/<language>.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "texts"
USUAL_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class ChartTexts:
    """The texts of one language. Titles have the placeholders `begin` and `end`, `sums` has `calls` and `errors`."""

    thousands: str
    separated_from: int
    # Titles of charts over time, by what a report is grouped by.
    total: str
    operation: str
    key: str
    status: str
    # Titles of charts of those with most calls, by list.
    accounts: str
    keys: str
    networks: str
    sums: str
    heaviest: str
    none: str
    # Names of series.
    calls: str
    without_error: str
    errors: str
    other: str
    tokens: str

    def title(self, name: str, begin: str, end: str) -> str:
        """Return the title of a chart: of a group, as in a query, of `total`, or of a list."""
        text: str = getattr(self, name)
        return text.format(begin=begin, end=end)

    def number(self, value: float) -> str:
        """Return a whole number as it is written in this language."""
        digits = f"{value:,.0f}"
        return digits.replace(",", self.thousands if abs(value) >= self.separated_from else "")


@cache
def chart_texts(language: str) -> ChartTexts:
    """Return the texts of a language of the document."""
    return ChartTexts(**tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8")))
