"""Conversion of measurements to and from files of other programs: names, exact numbers, and a report.

A file is read in two steps: one module a format takes it as it is (`report.Contents`), then `mapping` makes its
measurements ours, along the table in `table`. This package uses neither requests nor storage.
"""

from collections.abc import Callable, Mapping
from typing import Any

from services.interchange import delimited, plain, tapes, texts
from services.interchange.mapping import imported
from services.interchange.report import Report

__all__ = ["WRITERS", "Report", "read"]

CSV, JSON, YAML = "csv", "json", "yaml"
WRITERS: dict[str, Callable[[Mapping[str, Any]], bytes]] = {
    CSV: delimited.written,
    tapes.SMIS: lambda record: tapes.written(record, tapes.SMIS),
    tapes.VIT: lambda record: tapes.written(record, tapes.VIT),
}
"""What makes a file of each format out of a set: `name`, `notes`, `measies` (millimetres and degrees), `imperial`."""


def read(file: bytes, form: str, units: str | None = None, *, named: bool = False) -> Report:
    """What a file of this format holds, as measurements of ours, and what became of the rest.

    `units` (mm, cm, inch) is for files that do not say theirs; `named` if the person's name in the file is wanted.
    Raises FileInvalid, MalformedBody (JSON), UnitsMissing. Takes up to some tenths of a second: call it in a thread.
    """
    text = texts.decoded(file)
    if form == CSV:
        contents = delimited.read(text, units)
    elif form == JSON:
        contents = plain.read_json(text, units)
    elif form == YAML:
        contents = plain.read_yaml(text, units)
    else:
        contents = tapes.read(text, units, named=named)
    found, derived = imported(contents)
    return Report(contents.format, contents.name, contents.notes, contents.imperial, found, derived, contents.dropped)
