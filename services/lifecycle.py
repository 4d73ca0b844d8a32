"""Readying the services, starting the work that goes on beside requests, and ending it."""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Iterator
from functools import partial
from typing import Any

from core.errors import StorageUnavailable
from services import address, background, forge, idempotency, imports, quota_decisions, retention, startup, test_mode
from services.auth import api_secrets, mfa, tokens
from services.auth.derivation import derive
from services.diagnostics import announcement, gauges
from services.images import record_images, social
from services.limits import counters, limiter, storage_quotas
from services.mail import maintainer, messages, notices, outbox
from services.observability import instance, logs, metrics
from services.pages import service_pages
from services.usage import counting, statistics
from settings import Settings

log = logging.getLogger(__name__)
_running: list[asyncio.Task[Any]] = []


def configure(settings: Settings) -> None:
    """Give each service its settings; raises ValueError, which names the setting, for one that it cannot use."""
    api_secrets.configure(derive(settings.secret_key, "api secrets"))
    tokens.configure(derive(settings.secret_key, "tokens"), settings.public_url)
    mfa.configure(derive(settings.secret_key, "scratch codes"))
    counters.configure(derive(settings.secret_key, "counters"))
    idempotency.configure(derive(settings.secret_key, "idempotency"))
    with _named("MAIL_FROM"):
        messages.author_of(settings.mail_from)
    with _named("MAIL_URL"):
        outbox.configure(settings.mail_url, settings.mail_from, settings.website_url)
    with _named("MAINTAINER_EMAIL"):
        maintainer.configure(settings.maintainer_email, settings.mail_from, settings.maintainer_language)
    with _named("IMAGES_URL"):
        record_images.configure(settings.images_url)
    with _named("FORGE_URL"):
        forge.configure(_place(settings))
    service_pages.configure(settings.public_url, settings.test_domain if settings.test_mode else "")
    address.configure(settings.public_url)
    with _named("WEBSITE_URL"):
        social.configure(settings.website_url)
    with _named("QUOTAS"):
        limiter.configure(enabled=settings.limits == "on", quotas=settings.quotas, redis_url=settings.redis_url)
        storage_quotas.configure(enabled=settings.limits == "on", quotas=settings.quotas)
    imports.configure(settings.import_token)
    test_mode.configure(settings.test_mode, settings.test_domain)
    # Last, for it listens from now on, so that a port that is taken stops the start.
    _serve_metrics(settings)


def _serve_metrics(settings: Settings, number: int = 0, restarts: int = 0) -> None:
    with _named("METRICS_PORT"):
        port = settings.metrics_port and settings.metrics_port + number
        metrics.serve(settings.metrics_host, port, gauges.Present(), instance.Instance(settings, restarts))


def _place(settings: Settings) -> forge.Place | None:
    if not settings.forge:
        return None
    return forge.Place(
        kind=settings.forge,
        url=settings.forge_url,
        repository=settings.forge_repository,
        token=settings.forge_token,
        branch=settings.forge_branch,
        posts=settings.forge_posts,
        discussions=settings.forge_discussions,
    )


@contextlib.contextmanager
def _named(setting: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f"FREESEWING_{setting}: {error}") from None


def start(settings: Settings) -> None:
    """Log what runs here, and begin the work beside requests: sending mail, writing counts, counting, pruning."""
    work: list[Coroutine[Any, Any, object]] = [
        background.attempt(partial(announcement.announce, settings), what="the line at start-up"),
        logs.run(),
        startup.await_database(),
        outbox.run(),
        counting.run(),
        counting.run_pruning(),
        statistics.run(),
        idempotency.run(),
        quota_decisions.run(),
        retention.run(),
        notices.run(),
    ]
    if metrics.is_on():
        work.append(gauges.run())
    _running.extend(asyncio.create_task(each) for each in work)


def watch(settings: Settings, number: int, restarts: int) -> None:
    """In one of several workers that serve already: answer for the metrics, at a port of this one's own.

    `restarts` is how often a worker in its place ended by itself.
    """
    try:
        _serve_metrics(settings, number, restarts)
    except ValueError as error:
        log.error("no metrics of worker %s: %s", number, error)
    if metrics.is_on():
        _running.append(asyncio.create_task(gauges.run()))


async def stop() -> None:
    """Send what mail is queued, as far as a few seconds go, end all that work, and write the last counts."""
    await outbox.drain()
    for task in _running:
        task.cancel()
    await asyncio.gather(*_running, return_exceptions=True)
    _running.clear()
    await limiter.close()
    with contextlib.suppress(StorageUnavailable):
        await counting.flush()
    await asyncio.to_thread(metrics.stop)
