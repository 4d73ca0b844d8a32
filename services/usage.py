"""Counting calls: in memory as they end, in one batch to the database about once a second.

A crash may lose the last second of counts, never data; a database that is away delays them.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import clock
import storage
from services import background, networks
from storage import usage

INTERVAL = 1.0
# How long what was counted is kept.
KEPT_HOURS, KEPT_DAYS, KEPT_ANONYMOUS = timedelta(days=35), timedelta(days=400), timedelta(days=35)
PRUNING_SECONDS = 3600.0
# Between the steps of a removal, so that requests come first.
PAUSE_SECONDS = 0.2
# Of the networks of anonymous callers, the rows in one batch; whoever has many addresses must not fill the memory.
MOST_ANONYMOUS = 10_000
OTHER = "other"
# Of IPv4 and of IPv6, where that is what one household has.
KEPT_BITS = (24, 48)
# As which a call counts that was not answered: whoever made it went away in the middle of it.
GONE = 4
Name = TypeVar("Name")
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Batch:
    """What was counted since the last flush: [calls, bytes out, microseconds] of each name, see `storage.usage`."""

    calls: dict[usage.Name, list[int]] = field(default_factory=dict)
    seen: dict[tuple[int, int], datetime] = field(default_factory=dict)
    anonymous: dict[usage.AnonymousName, list[int]] = field(default_factory=dict)

    def add(self, older: "Batch") -> None:
        """Count what could not be written once more."""
        for name, amounts in older.calls.items():
            _sum(self.calls, name, *amounts)
        self.seen = older.seen | self.seen
        for network, amounts in older.anonymous.items():
            self.add_anonymous(network, *amounts)

    def add_anonymous(self, name: usage.AnonymousName, calls: int, sent: int, microseconds: int) -> None:
        """Count anonymous calls, by network while there are not too many of them."""
        if name not in self.anonymous and len(self.anonymous) >= MOST_ANONYMOUS:
            day, _, status = name
            name = (day, OTHER, status)
        _sum(self.anonymous, name, calls, sent, microseconds)


_batch = Batch()
# The present hour, and its day: most calls are in the same one as the call before.
_hour = _day = _next_hour = datetime.min.replace(tzinfo=UTC)


def count(user_id: int, key_id: int, operation: str, status: int, sent: int, microseconds: int) -> None:
    """One call of an account's, with its key of this number or (0) with a token, that was answered with `status`.

    `sent` are the bytes of the reply's body, `microseconds` the time from the first byte in to the last byte out.
    """
    now = clock.now()
    if not _hour <= now < _next_hour:
        _begin_hour(now)
    _batch.seen[user_id, key_id] = now
    name = (user_id, _hour, key_id, operation, status // 100 or GONE)
    _sum(_batch.calls, name, 1, sent, microseconds)


def count_anonymous(address: str, status: int, sent: int, microseconds: int) -> None:
    """One call of nobody known, from this address."""
    now = clock.now()
    if not _hour <= now < _next_hour:
        _begin_hour(now)
    _batch.add_anonymous((_day, network(address), status // 100 or GONE), 1, sent, microseconds)


def _begin_hour(now: datetime) -> None:
    global _hour, _day, _next_hour
    _hour = now.replace(minute=0, second=0, microsecond=0)
    _day, _next_hour = _hour.replace(hour=0), _hour + timedelta(hours=1)


def network(address: str) -> str:
    """The network that an address is in, as far as it is kept."""
    return networks.network_of(address, *KEPT_BITS) or OTHER


def _sum(into: dict[Name, list[int]], name: Name, calls: int, sent: int, microseconds: int) -> None:
    amounts = into.setdefault(name, [0, 0, 0])
    amounts[0] += calls
    amounts[1] += sent
    amounts[2] += microseconds


def unflushed() -> int:
    """How many counts are not written yet: one for each caller, operation and class of status."""
    return len(_batch.calls) + len(_batch.anonymous)


async def flush() -> None:
    """Write what was counted; if that fails, keep it for the next time. Not to be cancelled halfway."""
    global _batch
    batch, _batch = _batch, Batch()
    if not (batch.calls or batch.anonymous):
        return
    try:
        await storage.write(usage.add, calls=batch.calls, seen=batch.seen, anonymous=batch.anonymous)
    except Exception:
        _batch.add(batch)
        raise


async def run() -> None:
    """Flush once a second until cancelled; a batch that is being written then is written to its end."""
    while True:
        await asyncio.sleep(INTERVAL)
        flushing = asyncio.create_task(background.attempt(flush, what="counting calls"))
        try:
            await asyncio.shield(flushing)
        except asyncio.CancelledError:
            await flushing
            raise


async def prune() -> None:
    """Remove what is older than it is kept, step by step."""
    # A day more, for an hour or day counts as long as a part of it does.
    now = clock.now() - timedelta(days=1)
    more = True
    while more:
        more = await storage.write(
            usage.prune, hours=now - KEPT_HOURS, days=now - KEPT_DAYS, anonymous=now - KEPT_ANONYMOUS
        )
        await asyncio.sleep(PAUSE_SECONDS)


async def run_pruning() -> None:
    """Remove what is too old, once an hour, until cancelled."""
    await background.repeat(prune, seconds=PRUNING_SECONDS, what="forgetting old counts")
