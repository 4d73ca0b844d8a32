"""The application, wired: settings, storage, services, the document, middleware. `python app.py` serves it."""

import contextlib
import gc
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from connexion.middleware.lifespan import LifespanMiddleware
from uvicorn.config import Config

import settings as configuration
from core import document
from middleware.application import Application
from middleware.assets import Assets
from middleware.charges import Charges
from middleware.concurrency import Concurrency
from middleware.direct_dispatch import Context
from middleware.envelope import Envelope
from middleware.idempotency import Idempotency
from middleware.limits import Limits
from middleware.problems import Problems
from middleware.routing import Routing
from middleware.security import Security
from middleware.supported import require_supported
from middleware.validation import RequestValidation
from middleware.waiting import Waiting
from security import Authenticator
from services import container, lifecycle, startup
from services.container import Services
from services.diagnostics import advice
from services.observability import logs
from services.pages import service_pages
from serving import channel, connections, memory
from serving.manager import ServiceManager
from serving.server import HandedServer, Server
from settings import Settings

# A client that sends half a request must not keep the server from ending.
GRACE_SECONDS = 8
# Longer than clients and proxies keep an idle connection: who closes first must not be the one that is asked next.
KEEP_ALIVE_SECONDS = 75
log = logging.getLogger("freesewing-api")


def create_app(
    settings: Settings, *, services: Services | None = None, waiting: Waiting | None = None
) -> Application:
    """Make the ASGI application. Its document and handlers are loaded, and its services opened, when it starts.

    Any number of applications can run in one process. Raise ValueError for a setting that a service cannot use, and
    for features of the document without support.
    """
    require_supported(document.load())
    services = services or container.of(settings)
    charges = Charges(services.limits, services.notices, services.metrics)
    app = Application(
        __name__,
        services=services,
        lifespan=partial(_lifespan, services, settings),
        middlewares=_middlewares(settings, services, charges, waiting or _waiting(settings)),
        # Takes effect where tests add `ResponseValidationMiddleware`.
        validate_responses=True,
    )
    app.add_api(document.load(), base_path="")
    return app


def _middlewares(settings: Settings, services: Services, charges: Charges, waiting: Waiting) -> list[Any]:
    base = settings.public_url
    slow = settings.slow_request_seconds
    return [
        LifespanMiddleware,
        partial(Envelope, metrics=services.metrics, usage=services.usage, base=base, slow_seconds=slow),
        partial(Problems, charges=charges, base=base),
        partial(Concurrency, max_requests=settings.max_concurrency, waiting=waiting),
        partial(
            Assets,
            folders=service_pages.folders(),
            compressed=service_pages.own_folders(),
            views={"/console/": f"{urlsplit(base).path}/console/"},
            charges=charges,
        ),
        partial(Routing, address=services.address),
        partial(Security, authenticator=Authenticator(services.storage, services.tokens, services.credentials)),
        partial(Limits, charges=charges),
        RequestValidation,
        partial(Idempotency, keys=services.idempotency),
        Context,
    ]


def _waiting(settings: Settings) -> Waiting:
    return Waiting(settings.max_connections_per_address, settings.client_seconds)


@asynccontextmanager
async def _lifespan(services: Services, settings: Settings, _app: Any) -> AsyncIterator[dict[str, Services]]:
    await lifecycle.start(services, settings)
    # What start-up made stays for good: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    yield {"services": services}
    await lifecycle.stop(services)


def main() -> None:
    """Serve until a signal to stop: as the only process, as one of several workers, or as their supervisor."""
    place = channel.place()
    os.umask(configuration.UMASK)
    try:
        settings = startup.with_secrets(configuration.load())
        startup.check(settings, may_wait=place is None and settings.workers == 1)
        if settings.workers > 1 and place is None:
            _become_supervisor()
        memory.return_large_blocks()
        services, waiting = container.of(settings), _waiting(settings)
        app = create_app(settings, services=services, waiting=waiting)
        # Last, so that a port in use stops the start. A worker listens once no other does in its place.
        if place is None:
            lifecycle.serve_metrics(services, settings)
    except (configuration.SettingsInvalid, ValueError) as error:
        raise SystemExit(f"freesewing-api cannot start:\n{error}") from None
    logs.set_up(settings.log_level, settings.log_format)
    if place is None or place.number == 0:
        for setting, text in advice.of(settings):
            log.warning("%s %s", setting, text, extra={"setting": setting})
    config = _uvicorn(app, settings)
    with contextlib.suppress(KeyboardInterrupt):
        if place:
            watch = partial(lifecycle.watch, services, settings, place.number, place.restarts)
            HandedServer(config, waiting.stop, place.channel, watch).run()
        else:
            log.info("documentation at %s/docs/, console at %s/console/", settings.public_url, settings.public_url)
            Server(config, waiting.stop, ServiceManager.of_this_process()).run()


def _become_supervisor() -> NoReturn:
    """Make this process, which has loaded all of the application, the small one that starts and feeds workers."""
    if not hasattr(socket, "send_fds"):
        raise ValueError("FREESEWING_WORKERS: this system can run one worker only")
    app = Path(__file__).resolve()
    path = os.pathsep.join(filter(None, [str(app.parent), os.environ.get("PYTHONPATH")]))
    os.execve(sys.executable, [sys.executable, "-m", "serving", str(app)], os.environ | {"PYTHONPATH": path})  # noqa: S606


def _uvicorn(app: Application, settings: Settings) -> Config:
    return Config(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,  # its loggers pass on to ours
        log_level=settings.log_level,
        server_header=False,
        http=connections.limited(settings),
        # A mistake in the document or a missing handler stops the start: "auto" would serve without the lifespan.
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        # Whose word on where a request comes from is taken (X-Forwarded-For).
        forwarded_allow_ips=settings.trusted_proxies,
    )


if __name__ == "__main__":
    main()
