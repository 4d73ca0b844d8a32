"""`reencrypt` and `accept-secret-key`: the secrets that the rows of the database depend on."""

import sys
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

import settings as configuration
from commands import work
from commands.options import Yes
from commands.work import Failed
from storage import canaries, reencryption
from storage.database import Storage

# Rows after which progress is printed, and the most rows that an error message names.
SHOWN_EVERY, MAX_NAMED = 10_000, 10
ENDED = (
    "FREESEWING_SECRET_KEY is accepted. {keys} API keys and {sessions} sessions were made with another one: they are"
    " no longer valid, nor are scratch codes of second factors."
)


@dataclass(slots=True)
class _Progress:
    """The progress of `reencrypt`: the number of rewritten rows, and the names of rows that cannot be decrypted."""

    changed: int = 0
    failed: list[str] = field(default_factory=list)


def reencrypt() -> None:
    """Decrypt everything, and rewrite values under old keys.

    The server may run meanwhile. Values that cannot be decrypted are listed and left as they are.
    """
    progress = _Progress()
    work.run(lambda storage, _: _rewrite_all(storage, progress))
    print(f"{progress.changed} rows rewritten")
    if progress.failed:
        more = len(progress.failed) - MAX_NAMED
        named = ", ".join(progress.failed[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
        raise Failed(
            f"{len(progress.failed)} rows have values that cannot be decrypted, and are left as they are: {named}."
            " Keep the old keys."
        )


async def _rewrite_all(storage: Storage, progress: _Progress) -> None:
    for table in reencryption.tables():
        await _rewrite_table(storage, table, progress)
    if not progress.failed:
        await storage.write(canaries.retire)


async def _rewrite_table(storage: Storage, table: Any, progress: _Progress) -> None:
    total, rows, shown = await storage.read_in_background(reencryption.count, table), 0, 0
    after, more = None, True
    while more:
        batch = await storage.write(reencryption.rewrite, table, after)
        progress.changed += batch.changed
        progress.failed += [f"{table.name} {key}" for key in batch.failed]
        rows, after, more = rows + batch.rows, batch.after, batch.after is not None
        if rows - shown >= SHOWN_EVERY and more:
            shown = rows
            _print_progress(table, rows, total)
    if total:
        _print_progress(table, rows, max(rows, total))


def _print_progress(table: Any, rows: int, total: int) -> None:
    print(f"{table.name}: {rows} of {total} rows", file=sys.stderr, flush=True)


def accept_secret_key(yes: Yes = False) -> None:
    """Use the database with a new FREESEWING_SECRET_KEY.

    This ends all API keys, sessions and scratch codes.
    """
    settings = configuration.load()
    if not (settings.encryption_keys and settings.secret_key):
        raise Failed("FREESEWING_ENCRYPTION_KEYS and FREESEWING_SECRET_KEY must be set, or kept in DATA_DIR.")
    work.confirm("All API keys, sessions and scratch codes end.", yes=yes)
    keys, sessions = work.run_unchecked(settings, lambda storage, _: storage.write(_accept))
    print(ENDED.format(keys=keys, sessions=sessions))


def _accept(connection: Connection) -> tuple[int, int]:
    canaries.accept_secret(connection)
    return canaries.count_bound_to_secret(connection)
