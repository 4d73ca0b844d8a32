"""Curated measurement sets, and what users suggest for them."""

from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from core.errors import NoSuchRecord, Refused
from core.etags import Preconditions
from handlers.serializers.curated import curated_set_file_for_public, curated_set_for_public
from handlers.serializers.sets import measurement_set_for_owner
from handlers.serializers.translations import best, texts_of
from handlers.support import measurements, ownership, prepared_responses, public_records, suggested
from handlers.support.ids import record_id
from handlers.support.paging import Listing, member, yaml_listing
from handlers.support.prepared_responses import Prepared
from handlers.support.reauthentication import reauthenticate, reauthenticated
from handlers.support.resources import Change, Resource
from handlers.support.responses import PRIVATE, created, last_modified, no_content
from security import Caller
from services.container import Services
from services.images import record_images
from storage import curated_sets, sets, suggestions
from storage.schema.tables import Record

CURATE = 5
IMAGE_KIND = "cset"
SETS = Resource("curatedSet", curated_sets.records, lambda row, _reader: curated_set_for_public(row))
LIST = Listing("/curated-sets", curated_set_for_public, member("curatedSets"))
JSON_LIST = Listing("/curated-sets.json", curated_set_file_for_public, orjson.dumps)
YAML_LIST = yaml_listing("/curated-sets.yaml", curated_set_file_for_public)
SUGGESTIONS = suggested.listing("/suggested-sets")
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


async def list_curated_sets(
    limit: int | None, cursor: str | None, caller: Caller | None, services: Services
) -> Response:
    """The published sets; for curators, all."""
    return await _list(services, LIST, limit, cursor, caller)


async def list_curated_sets_json(
    limit: int | None, cursor: str | None, caller: Caller | None, services: Services
) -> Response:
    """The same as data."""
    return await _list(services, JSON_LIST, limit, cursor, caller)


async def list_curated_sets_yaml(
    limit: int | None, cursor: str | None, caller: Caller | None, services: Services
) -> Response:
    """The same as data, in YAML."""
    return await _list(services, YAML_LIST, limit, cursor, caller)


async def read_curated_set(id: str, caller: Caller | None, services: Services) -> Response:
    """One set: a published one for anyone, others for curators."""

    async def make() -> Prepared:
        row = await _visible(services, id, caller)
        members = {"result": "success", "curatedSet": curated_set_for_public(row)}
        return prepared_responses.as_json(members, last_modified(row["updated_at"]))

    return await _reply(services, ("one", id), caller, make)


async def read_curated_set_json(id: str, caller: Caller | None, services: Services) -> Response:
    """The same as data."""

    async def make() -> Prepared:
        row = await _visible(services, id, caller)
        return prepared_responses.as_json(curated_set_file_for_public(row), last_modified(row["updated_at"]))

    return await _reply(services, ("one.json", id), caller, make)


async def read_curated_set_yaml(id: str, caller: Caller | None, services: Services) -> Response:
    """The same as data, in YAML."""

    async def make() -> Prepared:
        row = await _visible(services, id, caller)
        return await prepared_responses.as_yaml(curated_set_file_for_public(row), last_modified(row["updated_at"]))

    return await _reply(services, ("one.yaml", id), caller, make)


async def create_curated_set(body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Store a new set."""
    measies, ignored = measurements.of_new_set(body.get("measies", {}))
    async with services.images.stored(body.get("img"), IMAGE_KIND) as img:
        made = await _write(
            services,
            reauthenticated,
            caller,
            curated_sets.create,
            now=clock.now(),
            published=body.get("published", True),
            height=centimetres(body.get("height")),
            img=img or record_images.NONE,
            measies=measies,
            texts=texts_of(body),
        )
    return created(curatedSet=curated_set_for_public(made), ignored=ignored)


async def update_curated_set(
    id: str, body: dict[str, Any], preconditions: Preconditions, caller: Caller, services: Services
) -> Response:
    """Change the given members, and merge texts and measurements."""
    found = await services.storage.read(curated_sets.find, record_id(id))
    fields: dict[str, Any] = {"published": body["published"]} if "published" in body else {}
    measies, ignored = measurements.of_update(body.get("measies", {}))
    if "height" in body:
        fields["height"] = centimetres(body["height"])
    async with services.images.stored(body.get("img"), IMAGE_KIND) as img:
        if img is not None:
            fields["img"] = img
        row, former = await _write(
            services,
            _update,
            Change(found, caller, preconditions, clock.now()),
            measies=measies,
            texts=texts_of(body),
            **fields,
        )
    if img is not None:
        await services.images.discard(former["img"])
    # FreeSewing answers `set` here, and `curatedSet` everywhere else.
    reply = SETS.updated(row, caller, set=curated_set_for_public(row), ignored=ignored)
    reply.headers.update(last_modified(row["updated_at"]))
    return reply


def _update(connection: Connection, /, change: Change, **fields: Any) -> tuple[Record, Record]:
    """Update the set; return it as it is, and as it was."""
    reauthenticate(connection, change.caller)
    locked = SETS.lock(connection, change)
    return curated_sets.edit(connection, locked, now=change.now, **fields), locked


async def delete_curated_set(id: str, preconditions: Preconditions, caller: Caller, services: Services) -> Response:
    """Remove a set and its image."""
    found = await services.storage.read(curated_sets.find, record_id(id))
    removed = await _write(services, _remove, Change(found, caller, preconditions, clock.now()))
    await services.images.discard(removed["img"])
    return no_content()


def _remove(connection: Connection, change: Change) -> Record:
    """Remove the set; return it as it was."""
    reauthenticate(connection, change.caller)
    locked = SETS.lock(connection, change)
    curated_sets.remove(connection, locked)
    return locked


async def clone_curated_set(id: str, body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Copy a curated set into the caller's own, with its name and notes in one language."""
    original = await _visible(services, id, caller)
    async with services.images.copied(original["img"], "set") as img:
        made = await services.storage.write(
            sets.create,
            user_id=caller.user_id,
            most=ownership.storage_quota(services, caller, caller.user_id),
            now=clock.now(),
            name=best(original["texts"], body["language"], "name"),
            notes=best(original["texts"], body["language"], "notes") or "--",
            img=img,
            measies=original["measies"],
            imperial=False,
            public=False,
        )
    return created(set=measurement_set_for_owner({**made, "user_uuid": caller.user_uuid}))


async def suggest_curated_set(body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Keep a copy of one of the caller's sets for the curators to judge."""
    own = await _own_set(services, str(body["set"]), caller)
    data = {
        "name": body.get("name", ""),
        "notes": body.get("notes", ""),
        "height": centimetres(body.get("height")),
        "measies": own["measies"],
    }
    return await suggested.store(services, caller, suggestions.SET, data, img=body.get("img"), image_kind=IMAGE_KIND)


async def _own_set(services: Services, id: str, caller: Caller) -> sets.MeasurementsSet:
    try:
        row = await services.storage.read(sets.find, record_id(id))
    except NoSuchRecord:
        row = {"user_id": None}
    if row["user_id"] != caller.user_id:
        raise Refused("setUnknown", "The caller has no such set.")
    return row


async def list_suggested_sets(limit: int | None, cursor: str | None, services: Services) -> Response:
    """Suggestions that no curator has accepted or rejected yet."""
    return await suggested.page(services, SUGGESTIONS, suggestions.SET, limit, cursor)


async def delete_suggested_set(id: str, caller: Caller, services: Services) -> Response:
    """Reject a suggestion."""
    return await suggested.reject(services, caller, suggestions.SET, id)


async def accept_suggested_set(id: str, caller: Caller, services: Services) -> Response:
    """Make a curated set of a suggestion, unpublished as yet, with the suggestion's own image."""
    made = await _write(services, reauthenticated, caller, _accept, UUID(id), clock.now())
    return created(curatedSet=curated_set_for_public(made))


def _accept(connection: Connection, uuid: UUID, now: datetime) -> curated_sets.CuratedSet:
    data, fields = suggested.accept(connection, suggestions.SET, uuid)
    height, measies = data["height"], data["measies"]
    return curated_sets.create(connection, now=now, published=False, height=height, measies=measies, **fields)


def centimetres(height: float | str | None) -> int | None:
    """A height in whole centimetres, from a number or its text; None for none and the empty text."""
    if height in (None, ""):
        return None
    return round(float(height.removesuffix("cm")) if isinstance(height, str) else height)


def _curates(caller: Caller | None) -> bool:
    return caller is not None and caller.level >= CURATE


async def _visible(services: Services, id: str, caller: Caller | None) -> curated_sets.CuratedSet:
    row = await services.storage.read(curated_sets.find, record_id(id))
    if not row["published"] and not _curates(caller):
        raise NoSuchRecord("There is no such curated set.")
    return row


async def _list(
    services: Services, listing: Listing, limit: int | None, cursor: str | None, caller: Caller | None
) -> Response:
    async def make() -> Prepared:
        return await listing.page(services, limit, cursor, curated_sets.list_all, unpublished=_curates(caller))

    return await _reply(services, (listing.path, limit, cursor), caller, make)


async def _reply(
    services: Services, key: Hashable, caller: Caller | None, make: Callable[[], Awaitable[Prepared]]
) -> Response:
    """Return the cached response; for curators, who see more, a new one each time."""
    if not _curates(caller):
        found: Prepared = await services.curated_responses.get(key, make)
        return found.reply()
    return (await make()).reply(cache=PRIVATE)


async def _write(
    services: Services,
    query: Callable[Concatenate[Connection, Arguments], Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    try:
        # People's public patterns show the sets that they were drafted from.
        return await public_records.write(services, query, *args, **kwargs)
    finally:
        services.curated_responses.invalidate()
