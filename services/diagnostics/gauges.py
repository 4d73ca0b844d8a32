"""Gauges for the metrics: read from memory at each scrape, from the database in between."""

import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from core import clock
from core.errors import StorageUnavailable
from services.background import Background
from services.limits.limiter import Limits
from services.usage.counting import UsageCounter
from storage import health, mails, statistics
from storage.database import Storage

INTERVAL = 5.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stored:
    """The last result from the database: queued mails, time of the oldest, and rows as {table: {state: count}}."""

    mails: int
    oldest: datetime | None
    states: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(slots=True)
class _Seen:
    """What the servers answered last. None before the first look, and of Redis where there is none.

    `schema` is the number of the database's newest migration.
    """

    stored: Stored | None = None
    schema: int | None = None
    database_up: bool | None = None
    redis_up: bool | None = None


class Gauges:
    """What the database and Redis answered last."""

    def __init__(self, storage: Storage, background: Background, limits: Limits, usage: UsageCounter) -> None:
        self._storage, self._background, self._limits = storage, background, limits
        self._seen = _Seen()
        self.present = Present(storage, usage, self._seen)

    async def refresh(self) -> None:
        """Ask the database and Redis. While the database is away the metrics show nothing of what it holds."""
        self._seen.schema = self._seen.stored = None
        with contextlib.suppress(StorageUnavailable):
            # Known also while the server waits for its migrations, and shows nothing else of the database.
            self._seen.schema = int(await self._storage.peek(health.revision) or 0)
            self._seen.stored = await self._ask()
        self._seen.database_up = self._seen.schema is not None
        self._seen.redis_up = await self._limits.redis_is_up()

    async def _ask(self) -> Stored:
        count, oldest = await self._storage.read_in_background(mails.waiting)
        return Stored(count, oldest, await self._storage.read_in_background(statistics.states))

    async def run(self) -> None:
        """Query the database every few seconds, independently of the scrapes, until cancelled."""
        await self._background.repeat(self.refresh, seconds=INTERVAL, what="figures for the metrics")


class Present(Collector):
    """Collect the gauges, on the thread of the scrape, from values in memory only."""

    def __init__(self, storage: Storage, usage: UsageCounter, seen: _Seen) -> None:
        self._storage, self._usage, self._seen = storage, usage, seen

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every gauge; without a sample where there is nothing to tell."""
        load, stored = self._storage.load(), self._seen.stored
        yield _one("database_up", "Whether the database answers.", self._seen.database_up)
        yield _one("redis_up", "Whether Redis answers; nothing without one.", self._seen.redis_up)
        yield _one("schema_revision", "Number of the newest migration applied.", self._seen.schema)
        yield _by_state("storage_pool", "Connections to PostgreSQL.", load.connections if load else {})
        yield _one("storage_queue", "Units of work that wait for the database.", load.waiting if load else None)
        yield _one("usage_unflushed", "Counts of calls that are not written yet.", self._usage.unflushed())
        yield _one("mails_waiting", "Mails that are queued.", stored.mails if stored else None)
        yield _one("mails_oldest_seconds", "Age of the oldest queued mail.", _age(stored) if stored else None)
        states = stored.states if stored else {}
        yield _by_state("api_keys", "API keys.", states.get("apikeys", {}))
        yield _by_state("accounts", "Accounts.", states.get("accounts", {}))


def _age(stored: Stored) -> float:
    return 0.0 if stored.oldest is None else max(0.0, (clock.now() - stored.oldest).total_seconds())


def _one(name: str, text: str, value: float | None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"freesewing_{name}", text, value=value)


def _by_state(name: str, text: str, counts: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"freesewing_{name}", text, labels=["state"])
    for state, count in counts.items():
        family.add_metric([state], count)
    return family
