"""`subscribers`: the readers of the newsletter, for the program that sends it."""

import csv
import json
import sys
from collections.abc import AsyncIterator
from typing import Annotated, Literal

import typer

from commands import work
from services.interchange import spreadsheets
from storage import subscribers as readers
from storage.address_hashes import email_hash
from storage.database import Storage

Language = Literal["en", "de", "es", "fr", "nl", "uk"]
Rows = AsyncIterator[dict[str, str]]
# Rows read at a time: all of them may not fit into memory.
PAGE = 1000


def subscribers(
    language: Annotated[Language | None, typer.Option(help="Only readers of this language.")] = None,
    form: Annotated[Literal["csv", "json"], typer.Option("--format", help="The format of the list.")] = "csv",
) -> None:
    """Print the readers of the newsletter.

    Each row has the address that unsubscribes the reader.
    """
    write = {"csv": _write_csv, "json": _write_json}[form]
    work.run(lambda storage, settings: write(_rows(storage, settings.public_url, language)))


async def _rows(storage: Storage, server: str, language: str | None) -> Rows:
    """Yield each reader once."""
    after = 0
    while page := await storage.read(readers.readers, limit=PAGE, after=after, language=language):
        for row in page:
            unsubscribe = f"{server}/ocunsub/{email_hash(row['email'])}"
            yield {**{name: row[name] for name in ("email", "language", "source")}, "unsubscribe": unsubscribe}
        after = page[-1]["id"]


async def _write_csv(rows: Rows) -> None:
    writer = csv.DictWriter(sys.stdout, ("email", "language", "source", "unsubscribe"), lineterminator="\n")
    writer.writeheader()
    async for row in rows:
        writer.writerow({**row, "email": spreadsheets.cell(row["email"])})


async def _write_json(rows: Rows) -> None:
    before = "[\n"
    async for row in rows:
        sys.stdout.write(before + json.dumps(row))
        before = ",\n"
    sys.stdout.write("[]\n" if before == "[\n" else "\n]\n")
