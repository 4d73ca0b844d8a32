"""The service itself: its health, its documentation, its pages and its files."""

import asyncio

from starlette.responses import Response

import storage
from handlers.support import account_data
from handlers.support.account_data import AccountData
from handlers.support.responses import SECRET, content, success
from services import exports
from services.images import record_images
from services.pages import service_pages
from storage import accounts, health

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
A_DAY = {"Cache-Control": "public, max-age=86400"}
REVALIDATED = {"Cache-Control": "public, no-cache"}


async def check_health() -> Response:
    """The process answers."""
    return success(headers=SECRET)


async def check_readiness() -> Response:
    """The database answers, and its schema and secrets are those of this server."""
    await storage.read(health.require_ready)
    return success(headers=SECRET)


async def read_landing_page() -> Response:
    """What this is."""
    return _html(service_pages.page("landing"))


async def read_docs_page() -> Response:
    """The guide, and the operations to try."""
    return _html(await asyncio.to_thread(service_pages.page_of_text, "docs"))


async def read_tour_page() -> Response:
    """From nothing to a stored set."""
    return _html(await asyncio.to_thread(service_pages.page_of_text, "start"))


async def read_reference_page() -> Response:
    """The document, to read."""
    return _html(service_pages.page("reference"), {"Content-Security-Policy": service_pages.READING_POLICY})


async def read_errors_page() -> Response:
    """Every error code."""
    return _html(service_pages.page("errors"))


async def read_confirmation_page(type: str, id: str, check: str) -> Response:
    """Behind the link of a mail: its script reads what it needs from the address."""
    return _html(service_pages.page("confirm"), {"Referrer-Policy": "no-referrer", **SECRET})


def _html(page: str, headers: dict[str, str] | None = None) -> Response:
    usual = {"Content-Security-Policy": service_pages.POLICY, **REVALIDATED}
    return content(page, "text/html; charset=utf-8", headers={**usual, **(headers or {})})


async def read_openapi_json() -> Response:
    """The document."""
    published = service_pages.document()
    return _document(published.json, "application/json; charset=utf-8", published.etag)


async def read_openapi_yaml() -> Response:
    """The document, in YAML."""
    published = service_pages.document()
    return _document(published.yaml, "text/yaml", published.etag_yaml)


def _document(data: bytes, media_type: str, etag: str) -> Response:
    return content(data, media_type, headers={"ETag": etag, **REVALIDATED})


async def read_image(id: str) -> Response:
    """A picture."""
    if id == record_images.NONE:
        return content(service_pages.default_avatar(), "image/png", headers=A_DAY)
    found = await record_images.find(id)
    keep = REVALIDATED if record_images.has_name_of_its_own(id) else FOREVER
    return content(found.content, found.media_type, headers={"ETag": found.etag, **keep})


async def download_export(token: str) -> Response:
    """The account and all that it owns, as a file."""
    account = await storage.read(accounts.find, await exports.owner_of(token))
    chunks = account_data.export_file(account)
    name = f'attachment; filename="freesewing-{account["id"]}.json"'
    return AccountData(chunks, reader=account["id"], headers={"Content-Disposition": name, **SECRET})
