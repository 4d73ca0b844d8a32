"""Bookmarks, which are their owner's alone."""

from functools import partial
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from core.errors import InsufficientLevel
from core.etags import Preconditions
from handlers.serializers import records
from handlers.support import ownership
from handlers.support.ids import record_id
from handlers.support.paging import Listing, member
from handlers.support.preconditions import unless_changed
from handlers.support.responses import PRIVATE, created, last_modified, no_content, success, updated
from security import Caller
from services.container import Services
from storage import bookmarks

FIELDS = ("title", "url")
LIST = Listing("/bookmarks", records.bookmark, member("bookmarks"))


async def create_bookmark(body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Store a new bookmark of the caller's."""
    fields = {name: body[name] for name in ("type", *FIELDS)}
    most = ownership.storage_quota(services, caller, caller.user_id)
    made = await services.storage.write(
        bookmarks.create, user_id=caller.user_id, now=clock.now(), most=most, **fields
    )
    return created(bookmark=records.bookmark(made))


async def list_bookmarks(limit: int | None, cursor: str | None, caller: Caller, services: Services) -> Response:
    """The caller's bookmarks."""
    return (await LIST.page(services, limit, cursor, bookmarks.list_of, caller.user_id)).reply(cache=PRIVATE)


async def read_bookmark(id: str, caller: Caller, services: Services) -> Response:
    """One of the caller's bookmarks."""
    row = await _own(services, id, caller)
    return success(bookmark=records.bookmark(row), headers={**PRIVATE, **last_modified(row["updated_at"])})


async def update_bookmark(
    id: str, body: dict[str, Any], preconditions: Preconditions, caller: Caller, services: Services
) -> Response:
    """Change the title or the address; the type stays."""
    present = await _own(services, id, caller)
    fields = {name: body[name] for name in FIELDS if name in body}
    row = await services.storage.write(
        unless_changed,
        preconditions,
        partial(_held, bookmark_id=present["id"]),
        partial(
            bookmarks.edit,
            bookmark_id=present["id"],
            fields=fields,
            now=clock.now(),
            most=ownership.storage_quota(services, caller, present["user_id"]),
        ),
    )
    return updated(bookmark=records.bookmark(row))


async def delete_bookmark(id: str, preconditions: Preconditions, caller: Caller, services: Services) -> Response:
    """Remove a bookmark."""
    present = await _own(services, id, caller)
    await services.storage.write(
        unless_changed,
        preconditions,
        partial(_held, bookmark_id=present["id"]),
        partial(bookmarks.remove, bookmark_id=present["id"]),
    )
    return no_content()


def _held(connection: Connection, bookmark_id: int) -> dict[str, Any]:
    return {"bookmark": records.bookmark(bookmarks.lock(connection, bookmark_id))}


async def _own(services: Services, id: str, caller: Caller) -> bookmarks.Bookmark:
    row = await services.storage.read(bookmarks.find, record_id(id))
    if row["user_id"] != caller.user_id:
        raise InsufficientLevel("This bookmark belongs to another account.")
    return row
