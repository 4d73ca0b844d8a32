"""The service itself: its health, its documentation, its pages and its files."""

import asyncio

from starlette.responses import Response

from handlers.support import account_data
from handlers.support.account_data import AccountData
from handlers.support.responses import SECRET, content, success
from services.container import Services
from services.images import record_images
from services.pages import service_pages
from storage import accounts, health

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
A_DAY = {"Cache-Control": "public, max-age=86400"}
REVALIDATED = {"Cache-Control": "public, no-cache"}
CONSOLE = {"Content-Security-Policy": service_pages.CONSOLE_POLICY, "Referrer-Policy": "no-referrer"}


async def check_health() -> Response:
    """The process answers."""
    return success(headers=SECRET)


async def check_readiness(services: Services) -> Response:
    """The database answers, and its schema and secrets are those of this server."""
    await services.storage.read(health.require_ready)
    return success(headers=SECRET)


async def read_landing_page(services: Services) -> Response:
    """What this is."""
    return _html(services.pages.page("landing"))


async def read_docs_page(services: Services) -> Response:
    """The guide, and the operations to try."""
    return _html(await asyncio.to_thread(services.pages.page_of_text, "docs"))


async def read_tour_page(services: Services) -> Response:
    """From nothing to a stored set."""
    return _html(await asyncio.to_thread(services.pages.page_of_text, "start"))


async def read_reference_page(services: Services) -> Response:
    """The document, to read."""
    return _html(services.pages.page("reference"), {"Content-Security-Policy": service_pages.READING_POLICY})


async def read_errors_page(services: Services) -> Response:
    """Every error code."""
    return _html(services.pages.page("errors"))


async def read_console_page(services: Services) -> Response:
    """Account settings in the browser."""
    return _html(services.pages.page("console"), CONSOLE)


async def read_confirmation_page(type: str, id: str, check: str, services: Services) -> Response:
    """Behind the link of a mail: the console, which reads the link from the address."""
    return _html(services.pages.page("console"), {**CONSOLE, **SECRET})


def _html(page: str, headers: dict[str, str] | None = None) -> Response:
    usual = {"Content-Security-Policy": service_pages.POLICY, **REVALIDATED}
    return content(page, "text/html; charset=utf-8", headers={**usual, **(headers or {})})


async def read_openapi_json(services: Services) -> Response:
    """The document."""
    published = services.pages.document
    return _document(published.json, "application/json; charset=utf-8", published.etag)


async def read_openapi_yaml(services: Services) -> Response:
    """The document, in YAML."""
    published = services.pages.document
    return _document(published.yaml, "text/yaml", published.etag_yaml)


def _document(data: bytes, media_type: str, etag: str) -> Response:
    return content(data, media_type, headers={"ETag": etag, **REVALIDATED})


async def read_image(id: str, services: Services) -> Response:
    """Return an image."""
    if id == record_images.NONE:
        return content(service_pages.default_avatar(), "image/png", headers=A_DAY)
    found = await services.images.find(id)
    keep = REVALIDATED if record_images.has_name_of_its_own(id) else FOREVER
    return content(found.content, found.media_type, headers={"ETag": found.etag, **keep})


async def download_export(token: str, services: Services) -> Response:
    """The account and all that it owns, as a file."""
    account = await services.storage.read(accounts.find, await services.exports.owner_of(token))
    chunks = account_data.export_file(services, account)
    name = f'attachment; filename="freesewing-{account["id"]}.json"'
    return AccountData(
        chunks,
        reader=account["id"],
        streaming=services.exports.streaming,
        headers={"Content-Disposition": name, **SECRET},
    )
