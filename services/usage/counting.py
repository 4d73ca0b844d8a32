"""Counting calls: in memory as they end, in batches to the database about once a second.

A crash may lose the last second of counts, with thousands of callers the last seconds, never data. A database that is
away delays them. A count that cannot be written is dropped, and no other with it.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from core import clock
from core.errors import StorageUnavailable
from services.auth import networks
from services.background import Background
from services.usage.recent_requests import RecentRequests
from storage import usage
from storage.database import Storage
from storage.engines.driver_errors import is_of_schema

INTERVAL = 1.0
# The average number of names that are written in a second: where calls have more, batches are written less often and
# add up more calls of each. Writing a name takes 24 µs of CPU on SQLite.
MOST_A_SECOND = 2_000
LONGEST_INTERVAL = 10.0
# The counts that are written in one transaction: 10 to 20 ms on SQLite.
MOST_TOGETHER = 500
# How long counts are stored.
KEPT_HOURS, KEPT_DAYS, KEPT_ANONYMOUS = timedelta(days=35), timedelta(days=400), timedelta(days=35)
PRUNING_SECONDS = 3600.0
# Between the steps of a removal, so that requests come first.
PAUSE_SECONDS = 0.2
# The largest number of networks of anonymous callers in a batch: a client with many addresses must not fill the
# memory.
MOST_ANONYMOUS = 10_000
OTHER = "other"
# Of IPv4 and of IPv6, where that is what one household has.
KEPT_BITS = (24, 48)
# The status of a call without a response, because the client closed the connection.
GONE = 4
Name = TypeVar("Name")
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Batch:
    """The counts since the last flush: [calls, bytes out, microseconds] of each name, see `storage.usage`."""

    calls: dict[usage.Name, list[int]] = field(default_factory=dict)
    seen: dict[tuple[int, int], datetime] = field(default_factory=dict)
    anonymous: dict[usage.AnonymousName, list[int]] = field(default_factory=dict)
    # The last use of each session.
    sessions: dict[UUID, datetime] = field(default_factory=dict)

    def add(self, older: "Batch") -> None:
        """Add the counts of an older batch that could not be written."""
        for name, amounts in older.calls.items():
            _sum(self.calls, name, *amounts)
        self.seen = older.seen | self.seen
        self.sessions = older.sessions | self.sessions
        for network, amounts in older.anonymous.items():
            self.add_anonymous(network, *amounts)

    def __len__(self) -> int:
        return len(self.calls) + len(self.anonymous)

    def parts(self, most: int) -> list["Batch"]:
        """Return batches that hold the same counts, with at most `most` each."""
        if len(self) <= most:
            return [self] if len(self) else []
        calls, anonymous = list(self.calls.items()), list(self.anonymous.items())
        parts = [self._of_calls(dict(calls[at : at + most])) for at in range(0, len(calls), most)]
        parts += [Batch(anonymous=dict(anonymous[at : at + most])) for at in range(0, len(anonymous), most)]
        parts[0].sessions = self.sessions
        return parts

    def _of_calls(self, calls: dict[usage.Name, list[int]]) -> "Batch":
        return Batch(calls, {(name[0], name[2]): self.seen[name[0], name[2]] for name in calls})

    def add_anonymous(self, name: usage.AnonymousName, calls: int, sent: int, microseconds: int) -> None:
        """Count anonymous calls, by network while there are not too many of them."""
        if name not in self.anonymous and len(self.anonymous) >= MOST_ANONYMOUS:
            hour, _, status = name
            name = (hour, OTHER, status)
        _sum(self.anonymous, name, calls, sent, microseconds)


class UsageCounter:
    """Counts of calls that are not written yet, and `recent`: those that were rejected or slow."""

    def __init__(self, storage: Storage, background: Background) -> None:
        self._storage, self._background = storage, background
        self.recent = RecentRequests(storage)
        self._batch = Batch()
        # The present hour: most calls are in the same one as the call before.
        self._hour = self._next_hour = datetime.min.replace(tzinfo=UTC)

    def count(
        self,
        user_id: int,
        key_id: int,
        operation: str,
        status: int,
        sent: int,
        microseconds: int,
        session: UUID | None = None,
    ) -> None:
        """Count one call of an account, with its key of this number or (0) with a token, that was answered with
        `status`.

        `sent` are the bytes of the reply's body, `microseconds` the time from the first byte in to the last byte out.
        `session` is the session of the token, if it has one.
        """
        now = clock.now()
        if not self._hour <= now < self._next_hour:
            self._begin_hour(now)
        self._batch.seen[user_id, key_id] = now
        if session is not None:
            self._batch.sessions[session] = now
        name = (user_id, self._hour, key_id, operation, status // 100 or GONE)
        _sum(self._batch.calls, name, 1, sent, microseconds)

    def count_anonymous(self, address: str, status: int, sent: int, microseconds: int) -> None:
        """Count a call without credentials, from this address."""
        now = clock.now()
        if not self._hour <= now < self._next_hour:
            self._begin_hour(now)
        self._batch.add_anonymous((self._hour, network(address), status // 100 or GONE), 1, sent, microseconds)

    def _begin_hour(self, now: datetime) -> None:
        self._hour = now.replace(minute=0, second=0, microsecond=0)
        self._next_hour = self._hour + timedelta(hours=1)

    def unflushed(self) -> int:
        """How many counts are not written yet: one for each caller, operation and class of status."""
        return len(self._batch)

    async def flush(self) -> None:
        """Write the counts, then the recent requests. Must not be cancelled halfway.

        Many counts are written in parts, so that other writes do not wait for all of them.

        If the database is away or its schema does not fit, keep the counts for the next flush and raise. A part that
        fails for another reason is written in halves, until the count that cannot be written is alone: it is logged
        and dropped, so that it does not stop all others.
        """
        batch, self._batch = self._batch, Batch()
        waiting = batch.parts(MOST_TOGETHER)
        while waiting:
            part = waiting.pop(0)
            try:
                await self._storage.write(
                    usage.add, calls=part.calls, seen=part.seen, anonymous=part.anonymous, sessions=part.sessions
                )
            except Exception as error:
                if isinstance(error, StorageUnavailable) or is_of_schema(error):
                    for each in (part, *waiting):
                        self._batch.add(each)
                    raise
                if len(part) > 1:
                    waiting += part.parts((len(part) + 1) // 2)
                else:
                    log.exception("a count that cannot be written was dropped: %s", list(part.calls) or "anonymous")
        await self.recent.flush()

    async def run(self) -> None:
        """Flush after each interval until cancelled; a batch that is being written then is written to its end."""
        self._background.begin("counting calls", seconds=INTERVAL)
        seconds = INTERVAL
        while True:
            await asyncio.sleep(seconds)
            seconds = interval_after(len(self._batch))
            flushing = asyncio.create_task(self._background.attempt(self.flush, what="counting calls", periodic=True))
            try:
                await asyncio.shield(flushing)
            except asyncio.CancelledError:
                await flushing
                raise

    async def prune(self) -> None:
        """Remove counts after their retention period, step by step."""
        # A day more, for an hour or day counts as long as a part of it does.
        now = clock.now() - timedelta(days=1)
        more = True
        while more:
            more = await self._storage.write(
                usage.prune, hours=now - KEPT_HOURS, days=now - KEPT_DAYS, anonymous=now - KEPT_ANONYMOUS
            )
            await asyncio.sleep(PAUSE_SECONDS)

    async def run_pruning(self) -> None:
        """Prune once an hour, until cancelled."""
        await self._background.repeat(self.prune, seconds=PRUNING_SECONDS, what="forgetting old counts")


def interval_after(names: int) -> float:
    """Return the seconds between the flush of a batch with so many names and the next flush."""
    return min(LONGEST_INTERVAL, max(INTERVAL, names / MOST_A_SECOND))


def network(address: str) -> str:
    """The network that an address is in, as far as it is kept."""
    return networks.network_of(address, *KEPT_BITS) or OTHER


def _sum(into: dict[Name, list[int]], name: Name, calls: int, sent: int, microseconds: int) -> None:
    amounts = into.setdefault(name, [0, 0, 0])
    amounts[0] += calls
    amounts[1] += sent
    amounts[2] += microseconds
