"""Settings that are valid and still look like mistakes: unknown names, and what does not suit production.

The server logs this advice when it starts; `python cli.py check` lists it.
"""

import ipaddress
from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from services.file_urls import folder_of
from services.mail import delivery, messages
from settings import Settings

PREFIX = "FREESEWING_"
# Seconds that no client needs, or that none can keep.
LEAST_CLIENT_SECONDS, MOST_CLIENT_SECONDS = 1, 300


class Advice(NamedTuple):
    """A setting by its full name, and a sentence about it, which never quotes the value."""

    setting: str
    text: str


def of(settings: Settings) -> list[Advice]:
    """Return advice on settings that services have accepted (`lifecycle.configure`), and on unknown names."""
    found = [*_implausible(settings)]
    if settings.environment == "production":
        found += _in_production(settings)
    return [*on_unknown_names(), *(Advice(PREFIX + name, text) for name, text in found)]


def on_unknown_names() -> list[Advice]:
    """Return advice on names in the environment and in `.env` that begin like a setting, and are none."""
    known = [name.upper() for name in Settings.model_fields]
    return [Advice(PREFIX + name, _about_unknown(name, known)) for name in sorted(_names() - set(known))]


def _about_unknown(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, 1)
    return f"is not a setting; did you mean {PREFIX}{close[0]}?" if close else "is not a setting, and has no effect"


def _names() -> set[str]:
    """Return the names, without their prefix, that are set in the environment or in `.env`."""
    sources = (EnvSettingsSource(Settings), DotEnvSettingsSource(Settings))
    names = {name.upper() for source in sources for name in source.env_vars}
    return {name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)}


def _implausible(settings: Settings) -> Iterator[tuple[str, str]]:
    if not LEAST_CLIENT_SECONDS <= settings.client_seconds <= MOST_CLIENT_SECONDS:
        yield "CLIENT_SECONDS", f"should be from {LEAST_CLIENT_SECONDS} to {MOST_CLIENT_SECONDS} seconds"
    for proxy in filter(None, settings.trusted_proxies.split(",")):
        if (text := _about_proxy(proxy.strip())) is not None:
            yield "TRUSTED_PROXIES", text
    last = settings.metrics_port + settings.workers - 1
    if settings.metrics_port and settings.metrics_port <= settings.port <= last:
        yield "METRICS_PORT", "overlaps FREESEWING_PORT: each worker has a metrics port of its own"
    if settings.test_mode and not _is_local(settings.public_url):
        yield "TEST_MODE", "lets anyone sign up without a mail; use it on this machine only"


def _about_proxy(proxy: str) -> str | None:
    if proxy == "*":
        return "trusts every client: anyone can choose the address that limits count"
    try:
        ipaddress.ip_network(proxy)
    except ValueError:
        return "must be addresses or networks, comma-separated; one of them is neither, and has no effect"
    return None


def _in_production(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.database_url.startswith("sqlite:"):
        yield "DATABASE_URL", "is SQLite in production: one machine only, and writes one at a time"
    if isinstance(delivery.destination(settings.mail_url), delivery.Folder):
        yield "MAIL_URL", "writes mails to files in production: nobody receives them"
    elif messages.author_of(settings.mail_from).domain == "localhost":
        yield "MAIL_FROM", "is an address at localhost, which mail servers reject"
    if settings.limits == "off":
        yield "LIMITS", "is off in production: nothing limits fair use, and passwords can be guessed"
    if folder_of(settings.images_url) is None and settings.images_url.startswith("memory:"):
        yield "IMAGES_URL", "keeps images in memory in production: they are lost at each restart"
    if settings.public_url.startswith("http://") and not _is_local(settings.public_url):
        yield "PUBLIC_URL", "is http in production: credentials travel unencrypted"
    elif _is_local(settings.public_url):
        yield "PUBLIC_URL", "names this machine in production: links in mails lead nowhere"


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
