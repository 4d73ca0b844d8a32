"""The log line at start-up: version, commit and main settings."""

import logging
from urllib.parse import urlsplit

from core.errors import StorageUnavailable
from services.observability import build
from settings import Settings
from storage import health
from storage.database import Storage

log = logging.getLogger("freesewing-api")
UNKNOWN = "unknown"


async def announce(settings: Settings, storage: Storage) -> None:
    """Log version, commit, database, schema, mail, images, Redis and limits. No URL shows its credentials."""
    try:
        engine, schema = await storage.peek(health.engine), await storage.peek(health.revision) or "none"
    except StorageUnavailable:
        engine, schema = f"{urlsplit(settings.database_url).scheme} (not reachable)", UNKNOWN
    facts = {
        "version": build.version(),
        "commit": settings.commit or build.commit(),
        "engine": engine,
        "schema": schema,
        "mail": without_credentials(settings.mail_url),
        "images": without_credentials(settings.images_url),
        "redis": without_credentials(settings.redis_url) or "none",
        "limits": settings.limits,
    }
    listed = ", ".join(f"{name} {value}" for name, value in facts.items())
    log.info("freesewing-api: %s", listed, extra=facts)


def without_credentials(url: str) -> str:
    """Return the URL without user, password and query; a folder as it is."""
    if "://" not in url:
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
