"""Suggestions of users for the curators, of either kind (`storage.suggestions`): store, list and reject them."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from handlers.serializers.curated import suggestion_for_curator, suggestion_for_owner
from handlers.support import ownership
from handlers.support.paging import Listing, member
from handlers.support.reauthentication import reauthenticated
from handlers.support.responses import PRIVATE, created, no_content
from security import Caller
from services.container import Services
from services.images import record_images
from storage import suggestions

UNNAMED = "Untitled"


def listing(path: str) -> Listing:
    """Return the list of suggestions at this path."""
    return Listing(path, suggestion_for_curator, member("suggestions"))


async def store(
    services: Services, caller: Caller, kind: str, data: dict[str, Any], *, img: str | None, image_kind: str
) -> Response:
    """Store a suggestion of the caller, with its image. Raises as `Images.stored`, and StorageFull."""
    async with services.images.stored(img, image_kind) as name:
        made = await services.storage.write(
            reauthenticated,
            caller,
            suggestions.create,
            user_id=caller.user_id,
            most=ownership.storage_quota(services, caller, caller.user_id),
            kind=kind,
            img=name or record_images.NONE,
            data=data,
            now=clock.now(),
        )
    return created(submission=suggestion_for_owner(made))


async def page(services: Services, listed: Listing, kind: str, limit: int | None, cursor: str | None) -> Response:
    """Return a page of the suggestions of a kind, oldest first."""
    found = await listed.page(services, limit, cursor, suggestions.list_all, kind)
    return found.reply(cache=PRIVATE)


def accept(connection: Connection, kind: str, id: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    """Remove a suggestion; return its data, and the image and texts of the record that is made of it.

    Part of a write. Raises NoSuchRecord.
    """
    accepted = suggestions.take(connection, kind, id)
    data = accepted["data"]
    texts = {"en": {"name": data["name"] or UNNAMED, "notes": data["notes"]}}
    return data, {"img": accepted["img"], "texts": texts}


async def reject(services: Services, caller: Caller, kind: str, id: str) -> Response:
    """Remove a suggestion and its image. Raises NoSuchRecord."""
    rejected = await services.storage.write(reauthenticated, caller, suggestions.reject, kind, UUID(id))
    await services.images.discard(rejected["img"])
    return no_content()
