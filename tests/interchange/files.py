"""Files of other programs, made by hand."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree

from services import interchange
from services.interchange import Report

HERE = Path(__file__).parent
FORMS = ("smis", "vit")


def tape(measurements: Mapping[str, object], *, unit: str = "mm", root: str = "smis", before: str = "") -> bytes:
    """Individual measurements of these names and values; `before` stands before them."""
    rows = "".join(
        f"<m name={quoteattr(name)} value={quoteattr(str(value))}/>" for name, value in measurements.items()
    )
    return around(f"<unit>{unit}</unit>{before}<body-measurements>{rows}</body-measurements>", root=root).encode()


def around(inside: str, *, root: str = "smis") -> str:
    """A file with this inside its root."""
    return f"<?xml version='1.0' encoding='UTF-8'?>\n<{root}>{inside}</{root}>"


def record(
    measies: Mapping[str, float], *, imperial: bool = False, name: str = "a", notes: str = "n"
) -> dict[str, Any]:
    """What of a set is written."""
    return {"name": name, "notes": notes, "measies": dict(measies), "imperial": imperial}


def written(form: str, measies: Mapping[str, float], **fields: Any) -> bytes:
    """A set as a file; fails unless the file has the form that the program wants."""
    file = interchange.WRITERS[form](record(measies, **fields))
    if form in FORMS:
        SCHEMAS[form].assertValid(etree.fromstring(file))
    return file


SCHEMAS = {form: etree.XMLSchema(etree.parse(HERE / f"{form}.xsd")) for form in FORMS}


def values(report: Report) -> dict[str, float]:
    """The measurements of a report."""
    return {found.name: found.value for found in report.measurements}


def reasons(report: Report) -> dict[str, str]:
    """Return the reasons of dropped measurements, by their name in the file."""
    return {dropped.source: dropped.reason for dropped in report.dropped}
