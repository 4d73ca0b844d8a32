"""Option packs, and what users suggest for them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from core.errors import Refused
from core.etags import Preconditions
from handlers.serializers.curated import option_pack_file_for_public, option_pack_for_public
from handlers.serializers.translations import texts_of
from handlers.support import prepared_responses, suggested
from handlers.support.ids import record_id
from handlers.support.paging import Listing, member, yaml_listing
from handlers.support.reauthentication import reauthenticate, reauthenticated
from handlers.support.resources import Change, Resource
from handlers.support.responses import PUBLIC, created, last_modified, no_content, plain, success
from security import Caller
from services.container import Services
from services.images import record_images
from storage import option_packs, suggestions
from storage.schema.tables import Record

IMAGE_KIND = "opack"
MOST_BYTES = 100_000
MOST_OPTIONS = 500
PACKS = Resource("optionPack", option_packs.records, lambda row, _reader: option_pack_for_public(row))
LIST = Listing("/option-packs", option_pack_for_public, member("optionPacks"))
JSON_LIST = Listing("/option-packs.json", option_pack_file_for_public, orjson.dumps)
YAML_LIST = yaml_listing("/option-packs.yaml", option_pack_file_for_public)
SUGGESTIONS = suggested.listing("/suggested-packs")


async def list_option_packs(
    design: str | None, limit: int | None, cursor: str | None, services: Services
) -> Response:
    """All packs, or those of a design."""
    return await _page(services, LIST, design, limit, cursor)


async def list_option_packs_json(
    design: str | None, limit: int | None, cursor: str | None, services: Services
) -> Response:
    """The same as data."""
    return await _page(services, JSON_LIST, design, limit, cursor)


async def list_option_packs_yaml(
    design: str | None, limit: int | None, cursor: str | None, services: Services
) -> Response:
    """The same as data, in YAML."""
    return await _page(services, YAML_LIST, design, limit, cursor)


def _storable(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options; raise Refused for what cannot be stored as it is."""
    if len(options) > MOST_OPTIONS:
        raise Refused("validationFailed", f"An option pack has at most {MOST_OPTIONS} options.")
    try:
        size = len(orjson.dumps(options))
    except TypeError:
        raise Refused("validationFailed", "An integer in the options has more than 64 bits.") from None
    if size > MOST_BYTES:
        raise Refused("validationFailed", f"The options have more than {MOST_BYTES} bytes as JSON.")
    return options


async def _page(
    services: Services, listing: Listing, design: str | None, limit: int | None, cursor: str | None
) -> Response:
    query = {"design": design}
    page = await listing.page(services, limit, cursor, option_packs.list_all, design=design, query=query)
    return page.reply()


async def read_option_pack(id: str, services: Services) -> Response:
    """One pack."""
    row = await services.storage.read(option_packs.find, record_id(id))
    headers = {**PUBLIC, **last_modified(row["updated_at"])}
    return success(optionPack=option_pack_for_public(row), headers=headers)


async def read_option_pack_json(id: str, services: Services) -> Response:
    """The same as data."""
    row = await services.storage.read(option_packs.find, record_id(id))
    headers = {**PUBLIC, **last_modified(row["updated_at"])}
    return plain(option_pack_file_for_public(row), headers=headers)


async def read_option_pack_yaml(id: str, services: Services) -> Response:
    """The same as data, in YAML."""
    row = await services.storage.read(option_packs.find, record_id(id))
    shape = option_pack_file_for_public(row)
    return (await prepared_responses.as_yaml(shape, last_modified(row["updated_at"]))).reply()


async def create_option_pack(body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Store a new pack."""
    async with services.images.stored(body.get("img"), IMAGE_KIND) as img:
        made = await services.storage.write(
            reauthenticated,
            caller,
            option_packs.create,
            now=clock.now(),
            design=body["design"],
            img=img or record_images.NONE,
            options=_storable(body.get("options", {})),
            texts=texts_of(body),
        )
    return created(optionPack=option_pack_for_public(made))


async def update_option_pack(
    id: str, body: dict[str, Any], preconditions: Preconditions, caller: Caller, services: Services
) -> Response:
    """Change the given members; options and texts are merged."""
    found = await services.storage.read(option_packs.find, record_id(id))
    fields: dict[str, Any] = {"design": body["design"]} if "design" in body else {}
    async with services.images.stored(body.get("img"), IMAGE_KIND) as img:
        if img is not None:
            fields["img"] = img
        row, former = await services.storage.write(
            _update,
            Change(found, caller, preconditions, clock.now()),
            body.get("options"),
            texts=texts_of(body),
            **fields,
        )
    if img is not None:
        await services.images.discard(former["img"])
    return PACKS.updated(row, caller)


def _update(
    connection: Connection, /, change: Change, options: dict[str, Any] | None, **fields: Any
) -> tuple[Record, Record]:
    """Update the pack; return it as it is, and as it was."""
    reauthenticate(connection, change.caller)
    locked = PACKS.lock(connection, change)
    if options is not None:
        merged = {**locked["options"], **options}
        fields["options"] = _storable({name: value for name, value in merged.items() if value is not None})
    return option_packs.edit(connection, locked, now=change.now, **fields), locked


async def delete_option_pack(id: str, preconditions: Preconditions, caller: Caller, services: Services) -> Response:
    """Remove a pack and its image."""
    found = await services.storage.read(option_packs.find, record_id(id))
    removed = await services.storage.write(_remove, Change(found, caller, preconditions, clock.now()))
    await services.images.discard(removed["img"])
    return no_content()


def _remove(connection: Connection, change: Change) -> Record:
    """Remove the pack; return it as it was."""
    reauthenticate(connection, change.caller)
    locked = PACKS.lock(connection, change)
    option_packs.remove(connection, locked)
    return locked


async def suggest_option_pack(body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Keep a pack for the curators to judge."""
    data = {
        "name": body.get("name", ""),
        "notes": body.get("notes", ""),
        "design": body["design"],
        "options": _storable(body.get("options", {})),
    }
    return await suggested.store(services, caller, suggestions.PACK, data, img=body.get("img"), image_kind=IMAGE_KIND)


async def list_suggested_packs(limit: int | None, cursor: str | None, services: Services) -> Response:
    """Suggestions that no curator has accepted or rejected yet."""
    return await suggested.page(services, SUGGESTIONS, suggestions.PACK, limit, cursor)


async def accept_suggested_pack(id: str, caller: Caller, services: Services) -> Response:
    """Make an option pack of a suggestion, with the suggestion's own image."""
    made = await services.storage.write(reauthenticated, caller, _accept, UUID(id), clock.now())
    return created(optionPack=option_pack_for_public(made))


def _accept(connection: Connection, uuid: UUID, now: datetime) -> option_packs.OptionPack:
    data, fields = suggested.accept(connection, suggestions.PACK, uuid)
    return option_packs.create(connection, now=now, design=data["design"], options=data["options"], **fields)


async def delete_suggested_pack(id: str, caller: Caller, services: Services) -> Response:
    """Reject a suggestion."""
    return await suggested.reject(services, caller, suggestions.PACK, id)
