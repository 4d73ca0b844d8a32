"""`reencrypt` and `accept-secret-key`: the secrets that the rows of the database depend on."""

import sys
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

import storage
from commands.work import Failed, Parsers, can_be_confirmed, command, confirm, connected, open_database
from services import startup
from settings import Settings
from storage import canaries, reencryption

# Rows after which progress is shown, and rows that are named of those that cannot be decrypted.
SHOWN_EVERY, MOST_NAMED = 10_000, 10
ENDED = (
    "FREESEWING_SECRET_KEY is accepted. {keys} API keys and {sessions} sessions were made with another one: they are"
    " no longer valid, nor are scratch codes of second factors."
)


def add(parsers: Parsers) -> None:
    """`reencrypt`, `accept-secret-key`."""
    text = "decrypt everything, and rewrite what is under old encryption keys (beside a running server)"
    command(parsers, "reencrypt", _reencrypt, text)
    text = "use the database with a new FREESEWING_SECRET_KEY: ends all API keys, sessions and scratch codes"
    accept = command(parsers, "accept-secret-key", _accept_secret, text)
    can_be_confirmed(accept)


@dataclass(slots=True)
class _Progress:
    """What `reencrypt` has done so far: rows rewritten, and the names of rows that cannot be decrypted."""

    changed: int = 0
    failed: list[str] = field(default_factory=list)


def _reencrypt(settings: Settings, _options: Any) -> None:
    done = _Progress()
    connected(settings, lambda: _rewrite_all(done))
    print(f"{done.changed} rows rewritten")
    if done.failed:
        more = len(done.failed) - MOST_NAMED
        named = ", ".join(done.failed[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        raise Failed(
            f"{len(done.failed)} rows have values that cannot be decrypted, and are left as they are: {named}."
            " Keep the old keys."
        )


async def _rewrite_all(done: _Progress) -> None:
    for table in reencryption.tables():
        await _rewrite_table(table, done)
    if not done.failed:
        await storage.write(canaries.retire)


async def _rewrite_table(table: Any, done: _Progress) -> None:
    total, rows, shown = await storage.read_aside(reencryption.count, table), 0, 0
    after, more = None, True
    while more:
        batch = await storage.write(reencryption.rewrite, table, after)
        done.changed += batch.changed
        done.failed += [f"{table.name} {key}" for key in batch.failed]
        rows, after, more = rows + batch.rows, batch.after, batch.after is not None
        if rows - shown >= SHOWN_EVERY and more:
            shown = rows
            _show(table, rows, total)
    if total:
        _show(table, rows, max(rows, total))


def _show(table: Any, rows: int, total: int) -> None:
    print(f"{table.name}: {rows} of {total} rows", file=sys.stderr, flush=True)


def _accept_secret(settings: Settings, options: Any) -> None:
    if not (settings.encryption_keys and settings.secret_key):
        raise Failed("FREESEWING_ENCRYPTION_KEYS and FREESEWING_SECRET_KEY must be set, or kept in DATA_DIR.")
    confirm(options, "All API keys, sessions and scratch codes end.")
    with startup.explained():
        keys, open_sessions = open_database(settings, lambda: storage.write(_accept))
    print(ENDED.format(keys=keys, sessions=open_sessions))


def _accept(connection: Connection) -> tuple[int, int]:
    canaries.accept_secret(connection)
    return canaries.count_bound_to_secret(connection)
