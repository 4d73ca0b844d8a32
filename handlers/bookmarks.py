"""Bookmarks, which are their owner's alone."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from core.errors import InsufficientLevel
from core.etags import Preconditions
from handlers.serializers.bookmarks import bookmark_for_owner
from handlers.support import ownership
from handlers.support.ids import record_id
from handlers.support.paging import Listing, member
from handlers.support.resources import Change, Resource
from handlers.support.responses import PRIVATE, created, no_content
from security import Caller
from services.container import Services
from storage import bookmarks

FIELDS = ("title", "url")
BOOKMARKS = Resource("bookmark", bookmarks.records, lambda row, _reader: bookmark_for_owner(row))
LIST = Listing("/bookmarks", bookmark_for_owner, member("bookmarks"))


async def create_bookmark(body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Store a new bookmark of the caller's."""
    fields = {name: body[name] for name in ("type", *FIELDS)}
    most = ownership.storage_quota(services, caller, caller.user_id)
    made = await services.storage.write(
        bookmarks.create, user_id=caller.user_id, now=clock.now(), most=most, **fields
    )
    return created(bookmark=bookmark_for_owner(made))


async def list_bookmarks(limit: int | None, cursor: str | None, caller: Caller, services: Services) -> Response:
    """The caller's bookmarks."""
    return (await LIST.page(services, limit, cursor, bookmarks.list_of, caller.user_id)).reply(cache=PRIVATE)


async def read_bookmark(id: str, caller: Caller, services: Services) -> Response:
    """One of the caller's bookmarks."""
    return BOOKMARKS.shown(await _own(services, bookmarks.find, id, caller), caller)


async def update_bookmark(
    id: str, body: dict[str, Any], preconditions: Preconditions, caller: Caller, services: Services
) -> Response:
    """Change the title or the address; the type stays."""
    found = await _own(services, bookmarks.find_owner, id, caller)
    row = await services.storage.write(
        _update,
        Change(found, caller, preconditions, clock.now()),
        most=ownership.storage_quota(services, caller, caller.user_id),
        **{name: body[name] for name in FIELDS if name in body},
    )
    return BOOKMARKS.updated(row, caller)


def _update(connection: Connection, /, change: Change, **fields: Any) -> bookmarks.Bookmark:
    return bookmarks.edit(connection, BOOKMARKS.lock(connection, change), now=change.now, **fields)


async def delete_bookmark(id: str, preconditions: Preconditions, caller: Caller, services: Services) -> Response:
    """Remove a bookmark."""
    found = await _own(services, bookmarks.find_owner, id, caller)
    await services.storage.write(_remove, Change(found, caller, preconditions, clock.now()))
    return no_content()


def _remove(connection: Connection, change: Change) -> None:
    bookmarks.remove(connection, BOOKMARKS.lock(connection, change))


async def _own(services: Services, find: ownership.Find, id: str, caller: Caller) -> bookmarks.Bookmark:
    row = await services.storage.read(find, record_id(id))
    if row["user_id"] != caller.user_id:
        raise InsufficientLevel("This bookmark belongs to another account.")
    return row
