"""The application, wired: settings, storage, services, the document, middleware. `python app.py` serves it."""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import uvicorn
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.resolver import Resolver

import document
import settings as configuration
import storage
from middleware import bodies
from middleware.assets import Assets
from middleware.authentication import Authentication
from middleware.concurrency import Concurrency
from middleware.dispatch import Dispatch
from middleware.envelope import Envelope
from middleware.idempotency import Idempotency
from middleware.limits import Limits
from middleware.problems import Problems
from middleware.routing import Routing
from middleware.upstream import validated_before
from middleware.validation import Validation
from services import lifecycle, logs, pages
from serving import connections
from settings import Settings
from storage.encryption import Keyring

# A client that sends half a request must not keep the server from ending.
GRACE_SECONDS = 8
# Longer than clients and proxies keep an idle connection: who closes first must not be the one that is asked next.
KEEP_ALIVE_SECONDS = 75
log = logging.getLogger("freesewing-api")


class ByTag(Resolver):
    """Finds the handler of an operation: the function of its `operationId` in the module of its tag."""

    def resolve_operation_id(self, operation: Any) -> str:
        return f"handlers.{operation._operation['tags'][0]}.{operation.operation_id}"


def create_app(settings: Settings) -> ConnexionMiddleware:
    """The ASGI application. Raises ValueError for a setting that a service cannot use."""
    lifecycle.configure(settings)
    bodies.configure(settings.client_seconds)
    app = ConnexionMiddleware(
        Dispatch(),
        lifespan=partial(_lifespan, settings),
        middlewares=[
            LifespanMiddleware,
            Envelope,
            partial(Problems, base=settings.public_url),
            partial(Concurrency, most=settings.max_concurrency),
            partial(Assets, folders={"/docs/assets/": pages.swagger_ui(), "/web/": pages.WEB / "static"}),
            Routing,
            Authentication,
            Limits,
            Validation,
            Idempotency,
        ],
        resolver=ByTag(),
    )
    with validated_before():
        app.add_api(document.load(), base_path="")
    # Built now, so that a mistake in the document or a missing handler stops the start, not the first request.
    app.app, app.middleware_stack = app._build_middleware_stack()
    return app


@asynccontextmanager
async def _lifespan(settings: Settings, _app: Any) -> AsyncIterator[None]:
    keyring = Keyring(configuration.parse_keys(settings.encryption_keys))
    await storage.connect(
        settings.database_url,
        keyring,
        pool=settings.database_pool,
        stale_seconds=settings.key_cache_seconds,
    )
    lifecycle.start()
    # What start-up made stays for good: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    yield
    await lifecycle.stop()
    await storage.disconnect()


def main() -> None:
    """Serve until told to stop."""
    try:
        settings = configuration.load()
        app = create_app(settings)
    except (configuration.SettingsInvalid, ValueError) as error:
        raise SystemExit(f"freesewing-api cannot start:\n{error}") from None
    logs.configure(settings.log_level, settings.log_format, slow=settings.slow_request_seconds)
    log.info("documentation at %s/docs/", settings.public_url)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,  # its loggers pass on to ours
        log_level=settings.log_level,
        server_header=False,
        http=connections.limited(settings.client_seconds, settings.max_connections),
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        # Whose word on where a request comes from is taken (X-Forwarded-For).
        forwarded_allow_ips=settings.trusted_proxies,
    )


if __name__ == "__main__":
    main()
