"""What goes on elsewhere: issues, discussions and posts at the code forge."""

import re
from typing import Any

from starlette.responses import Response

from core import document
from core.errors import NoSuchRecord
from handlers.support.responses import created, success
from security import Caller
from services.container import Services
from services.forge.api import Issue, Made
from services.images import record_images
from storage import accounts

SLUG = re.compile(document.load()["components"]["schemas"]["Slug"]["pattern"].strip("^$"))
LONGEST_SLUG: int = document.load()["components"]["schemas"]["Slug"]["maxLength"]


async def open_post(type: str, body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Put a post on a branch and open a pull request."""
    account = await services.storage.read(accounts.find, caller.user_id)
    opened = await services.forge.open_post(
        type,
        body["slug"],
        body["language"],
        body["markdown"],
        by=account["username"],
        author=services.forge.author_of(account["data"]),
    )
    return created(branch={"name": opened.branch}, file={"path": opened.path}, pr=_page(opened.request))


async def check_slug(type: str, slug: str, services: Services) -> Response:
    """Whether a post can have this slug: 200 if not, 404 if so."""
    if not await _is_taken(services, type, slug):
        raise NoSuchRecord("This slug is free.")
    return success(slug=slug, available=False)


async def create_issue(body: dict[str, Any], services: Services) -> Response:
    """Open an issue."""
    labels, assignees = (tuple(body.get(field, ())) for field in ("labels", "assignees"))
    opened = await services.forge.create_issue(Issue(body["title"], body["body"], labels, assignees))
    return created(issue={**_page(opened), "state": "open"})


async def create_discussion(body: dict[str, Any], services: Services) -> Response:
    """Open a discussion."""
    page = _page(await services.forge.create_discussion(body["title"], body["body"]))
    # FreeSewing's support form reads the address from GitHub's own answer, which its server passes on.
    github = {"createDiscussion": {"discussion": {name: page[name] for name in ("number", "title", "url")}}}
    return created(discussion={**page, "data": github})


async def _is_taken(services: Services, type: str, slug: str) -> bool:
    if len(slug) > LONGEST_SLUG or not SLUG.fullmatch(slug):
        return True
    if await services.images.exists(record_images.name_of(type, slug)):
        return True
    return services.forge.is_enabled() and await services.forge.has_post(type, slug)


def _page(made: Made) -> dict[str, Any]:
    return {"number": made.number, "title": made.title, "url": made.url, "html_url": made.url}
