"""Opening the services, starting the work beside requests, and ending both."""

import asyncio
import contextlib
import logging
from functools import partial

from core.errors import StorageUnavailable
from services import startup
from services.container import Services
from services.diagnostics import announcement
from services.observability import instance, logs
from settings import Settings

log = logging.getLogger(__name__)


async def start(services: Services, settings: Settings) -> None:
    """Open the database, log what runs here, and start all work beside requests: mail, counts, pruning, …"""
    await services.storage.open()
    background = services.background
    announce = partial(announcement.announce, settings, services.storage)
    background.start(
        background.attempt(announce, what="the line at start-up"),
        logs.run(),
        startup.await_database(services.storage),
        services.outbox.run(),
        services.usage.run(),
        services.usage.run_pruning(),
        services.statistics.run(),
        services.idempotency.run(),
        services.quota_decisions.run(),
        services.retention.run(),
        services.notices.run(),
    )
    if services.metrics.is_on():
        background.start(services.gauges.run())


def serve_metrics(services: Services, settings: Settings, number: int = 0, restarts: int = 0) -> None:
    """Answer Prometheus, if there is a port for it: the port of the settings, plus the number of the worker.

    `restarts` is how often a worker in its place ended by itself. Raises ValueError for a port in use.
    """
    port = settings.metrics_port and settings.metrics_port + number
    collectors = (services.gauges.present, instance.Instance(settings, restarts))
    try:
        services.metrics.serve(settings.metrics_host, port, *collectors)
    except ValueError as error:
        raise ValueError(f"FREESEWING_METRICS_PORT: {error}") from None


def watch(services: Services, settings: Settings, number: int, restarts: int) -> None:
    """In one of several workers that serve already: answer for the metrics, at a port of this one's own."""
    try:
        serve_metrics(services, settings, number, restarts)
    except ValueError as error:
        log.error("no metrics of worker %s: %s", number, error)
    if services.metrics.is_on():
        services.background.start(services.gauges.run())


async def stop(services: Services) -> None:
    """Send what mail is queued, as far as a few seconds go, end all work, write the last counts, close all."""
    await services.outbox.drain()
    await services.background.stop()
    await services.limits.close()
    with contextlib.suppress(StorageUnavailable):
        await services.usage.flush()
    await asyncio.to_thread(services.metrics.stop)
    await services.storage.close()
