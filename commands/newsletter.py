"""`subscribers`: who gets the newsletter, for the program that sends it."""

import csv
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import storage
from commands.work import Parsers, command, connected
from services.interchange import spreadsheets
from settings import Settings
from storage import subscribers
from storage.address_hashes import email_hash

LANGUAGES = ("en", "de", "es", "fr", "nl", "uk")
# Rows read at a time: there may be more than memory holds.
PAGE = 1000


def add(parsers: Parsers) -> None:
    """`subscribers`."""
    newsletter = command(parsers, "subscribers", _subscribers, "write out who gets the newsletter")
    newsletter.add_argument("--language", choices=LANGUAGES, help="only those who read this language")
    newsletter.add_argument("--format", choices=("csv", "json"), default="csv")


def _subscribers(settings: Settings, options: Any) -> None:
    async def export() -> None:
        write = {"csv": _write_csv, "json": _write_json}[options.format]
        await write(_readers(settings.public_url, options.language))

    connected(settings, export)


async def _readers(server: str, language: str | None) -> AsyncIterator[dict[str, str]]:
    """Everybody who gets the newsletter, once, with the address that ends it."""
    after = 0
    while rows := await storage.read(subscribers.readers, limit=PAGE, after=after, language=language):
        for row in rows:
            unsubscribe = f"{server}/ocunsub/{email_hash(row['email'])}"
            yield {**{name: row[name] for name in ("email", "language", "source")}, "unsubscribe": unsubscribe}
        after = rows[-1]["id"]


async def _write_csv(readers: AsyncIterator[dict[str, str]]) -> None:
    rows = csv.DictWriter(sys.stdout, ("email", "language", "source", "unsubscribe"), lineterminator="\n")
    rows.writeheader()
    async for reader in readers:
        rows.writerow({**reader, "email": spreadsheets.cell(reader["email"])})


async def _write_json(readers: AsyncIterator[dict[str, str]]) -> None:
    before = "[\n"
    async for reader in readers:
        sys.stdout.write(before + json.dumps(reader))
        before = ",\n"
    sys.stdout.write("[]\n" if before == "[\n" else "\n]\n")
