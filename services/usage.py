"""Counting calls: in memory as they happen, in one batch to the database about once a second.

A crash may lose the last second of counts, never data; a database that is away delays them.
"""

import asyncio
import logging
from datetime import datetime
from uuid import UUID

import storage
from errors import StorageUnavailable
from storage import usage

INTERVAL = 1.0
log = logging.getLogger(__name__)

# {user id: (token calls, key calls, last seen)} and {key: (calls, last seen)} since the last flush.
_by_account: dict[int, tuple[int, int, datetime]] = {}
_by_key: dict[UUID, tuple[int, datetime]] = {}


def count_token(user_id: int, now: datetime) -> None:
    """One call with a token."""
    jwt, key, _ = _by_account.get(user_id, (0, 0, now))
    _by_account[user_id] = (jwt + 1, key, now)


def count_key(user_id: int, api_key: UUID, now: datetime) -> None:
    """One call with an API key."""
    jwt, key, _ = _by_account.get(user_id, (0, 0, now))
    _by_account[user_id] = (jwt, key + 1, now)
    calls, _ = _by_key.get(api_key, (0, now))
    _by_key[api_key] = (calls + 1, now)


def unflushed() -> int:
    """How many accounts and keys have calls that are not written yet."""
    return len(_by_account) + len(_by_key)


async def flush() -> None:
    """Write what was counted; if that fails, keep it for the next time. Not to be cancelled halfway."""
    global _by_account, _by_key
    if not _by_account:
        return
    by_account, by_key = _by_account, _by_key
    _by_account, _by_key = {}, {}
    try:
        await storage.write(usage.add, by_account=by_account, by_key=by_key)
    except Exception:
        _put_back(by_account, by_key)
        raise


def _put_back(by_account: dict[int, tuple[int, int, datetime]], by_key: dict[UUID, tuple[int, datetime]]) -> None:
    for user_id, (jwt, key, seen) in by_account.items():
        newer_jwt, newer_key, newer = _by_account.get(user_id, (0, 0, seen))
        _by_account[user_id] = (jwt + newer_jwt, key + newer_key, newer)
    for api_key, (calls, seen) in by_key.items():
        newer_calls, newer = _by_key.get(api_key, (0, seen))
        _by_key[api_key] = (calls + newer_calls, newer)


async def run() -> None:
    """Flush once a second until cancelled; a batch that is being written then is written to its end."""
    while True:
        await asyncio.sleep(INTERVAL)
        flushing = asyncio.create_task(_flush())
        try:
            await asyncio.shield(flushing)
        except asyncio.CancelledError:
            await flushing
            raise


async def _flush() -> None:
    try:
        await flush()
    except StorageUnavailable as error:
        log.warning("counts wait for the database: %s", error.detail)
    except Exception:
        # Whatever it was, the next second's calls must be counted.
        log.exception("calls could not be counted")
