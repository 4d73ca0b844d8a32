"""The service itself: its health, its documentation, its pages and its files."""

from starlette.responses import Response

import storage
from errors import StorageUnavailable
from handlers import shapes
from handlers.replies import SECRET, cached, content, plain, success
from services import exports, pages, pictures
from storage import health, migrate

FOREVER = "public, max-age=31536000, immutable"
REVALIDATED = "public, no-cache"


async def check_health() -> Response:
    """The process answers."""
    return success(headers=SECRET)


async def check_readiness() -> Response:
    """The database answers, and has the schema of this code."""
    revision = await storage.read(health.revision)
    if revision != migrate.head():
        raise StorageUnavailable("The database waits for its migrations.")
    return success(headers=SECRET)


async def read_landing_page() -> Response:
    """What this is."""
    return _page("landing")


async def read_docs_page() -> Response:
    """The document, to read and to try."""
    return _page("docs")


async def read_errors_page() -> Response:
    """Every error code."""
    return _page("errors")


async def read_confirmation_page(type: str, id: str, check: str) -> Response:
    """Behind the link of a mail: its script reads what it needs from the address."""
    return _page("confirm", {"Referrer-Policy": "no-referrer", **SECRET})


def _page(name: str, headers: dict[str, str] | None = None) -> Response:
    policy = {"Content-Security-Policy": pages.POLICY, "Cache-Control": REVALIDATED}
    return content(pages.page(name), "text/html; charset=utf-8", headers={**policy, **(headers or {})})


async def read_openapi_json(if_none_match: str | None) -> Response:
    """The document."""
    published = pages.document()
    return cached(
        published.json,
        "application/json; charset=utf-8",
        etag=published.etag,
        if_none_match=if_none_match,
        cache=REVALIDATED,
    )


async def read_openapi_yaml(if_none_match: str | None) -> Response:
    """The document, in YAML."""
    published = pages.document()
    return cached(
        published.yaml, "text/yaml", etag=published.etag_yaml, if_none_match=if_none_match, cache=REVALIDATED
    )


async def read_image(id: str, if_none_match: str | None) -> Response:
    """A picture."""
    if id == pictures.NONE:
        picture = pages.default_avatar()
        return cached(picture, "image/png", etag='"1"', if_none_match=if_none_match, cache="public, max-age=86400")
    found = await pictures.find(id)
    keep = REVALIDATED if pictures.has_name_of_its_own(id) else FOREVER
    return cached(found.content, found.media_type, etag=found.etag, if_none_match=if_none_match, cache=keep)


async def download_export(token: str) -> Response:
    """The account and all that it owns, as a file."""
    holdings = await exports.open_export(token)
    name = f'attachment; filename="freesewing-{holdings.account["id"]}.json"'
    members = {"account": shapes.account(holdings.account), **shapes.owned(holdings)}
    return plain(members, headers={"Content-Disposition": name, **SECRET})
