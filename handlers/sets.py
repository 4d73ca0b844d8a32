"""Measurement sets."""

import asyncio
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from core.errors import Refused
from core.etags import Preconditions
from handlers.serializers.sets import import_report, measurement_set_for_owner, measurement_set_for_public
from handlers.support import audited_changes, measurements, ownership, prepared_responses, public_records
from handlers.support.csv_responses import CSV, attachment
from handlers.support.paging import Listing, member
from handlers.support.prepared_responses import Prepared
from handlers.support.resources import Change, Resource
from handlers.support.responses import PRIVATE, created, no_content, success
from security import Caller
from services import interchange, parsing
from services.container import Services
from services.images import record_images
from services.interchange import Report
from services.interchange.report import Imported
from storage import audit_log, sets
from storage.schema.tables import Record

NO_NOTES = "--"
# Members that are stored as they are sent, with their values in a new set. A new set must have a name.
DEFAULTS = {"notes": NO_NOTES, "imperial": False, "public": False}
SETS = Resource("set", sets.records, lambda row, _reader: measurement_set_for_owner(row))
LIST = Listing("/sets", measurement_set_for_owner, member("sets"), encoded=True)


async def create_set(body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Store a new set owned by the caller."""
    measies, ignored = measurements.of_new_set(body.get("measies", {}))
    async with services.images.stored(body.get("img"), "set") as img:
        made = await services.storage.write(
            sets.create,
            user_id=caller.user_id,
            most=ownership.storage_quota(services, caller, caller.user_id),
            now=clock.now(),
            img=img or record_images.NONE,
            measies=measies,
            **{**DEFAULTS, **_fields_of(body)},
        )
    return created(set=measurement_set_for_owner({**made, "user_uuid": caller.user_uuid}), ignored=ignored)


def _fields_of(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ("name", *DEFAULTS) if name in body}


async def list_sets(limit: int | None, cursor: str | None, caller: Caller, services: Services) -> Response:
    """The caller's sets."""
    return (await LIST.page(services, limit, cursor, sets.list_of, caller.user_id)).reply(cache=PRIVATE)


async def read_set(id: str, caller: Caller, services: Services) -> Response:
    """One set, the caller's own or, from level 6, anyone's."""
    row = await ownership.allowed(services, sets.find_encoded, id, caller, ownership.READ_OTHERS)
    return SETS.shown(row, caller)


async def update_set(
    id: str, body: dict[str, Any], preconditions: Preconditions, caller: Caller, services: Services
) -> Response:
    """Change the given members, and merge the measurements."""
    found = await ownership.allowed(services, sets.find_owner, id, caller, ownership.WRITE_OTHERS)
    fields = _fields_of(body)
    measies, ignored = measurements.of_update(body.get("measies", {}))
    async with services.images.stored(body.get("img"), "set") as img:
        if img is not None:
            fields["img"] = img
        row, former = await public_records.write(
            services,
            _update,
            Change(found, caller, preconditions, clock.now()),
            measies=measies,
            most=ownership.storage_quota(services, caller, found["user_id"]),
            **fields,
        )
    if img is not None:
        await services.images.discard(former["img"])
    return SETS.updated(row, caller, ignored=ignored)


def _update(connection: Connection, /, change: Change, **fields: Any) -> tuple[Record, Record]:
    """Update the set; return it as it is, and as it was."""
    change.audit(connection, audit_log.UPDATE_SET)
    locked = SETS.lock(connection, change)
    return sets.edit(connection, locked, now=change.now, **fields), locked


async def delete_set(id: str, preconditions: Preconditions, caller: Caller, services: Services) -> Response:
    """Remove a set and its image."""
    found = await ownership.allowed(services, sets.find_owner, id, caller, ownership.WRITE_OTHERS)
    removed = await public_records.write(services, _remove, Change(found, caller, preconditions, clock.now()))
    await services.images.discard(removed["img"])
    return no_content()


def _remove(connection: Connection, change: Change) -> Record:
    """Remove the set; return it as it was."""
    change.audit(connection, audit_log.DELETE_SET)
    locked = SETS.lock(connection, change)
    sets.remove(connection, locked)
    return locked


async def clone_set(id: str, caller: Caller, services: Services) -> Response:
    """Copy an own or public set, or, from level 8, anyone's."""
    original = await ownership.to_clone(services, sets.find, id, caller)
    # Anyone may clone a public set: that is no action of staff.
    owner = caller.user_id if original["public"] else original["user_id"]
    async with services.images.copied(original["img"], "set") as img:
        made = await services.storage.write(
            _clone,
            caller,
            owner,
            most=ownership.storage_quota(services, caller, caller.user_id),
            now=clock.now(),
            name=f"{original['name'][:500]} (cloned from #{original['id']})",
            notes=f"{original['notes'][:20_000]}\n\nCloned from measurements set #{original['id']}.",
            img=img,
            measies=original["measies"],
            imperial=original["imperial"],
            public=False,
        )
    return created(set=measurement_set_for_owner({**made, "user_uuid": caller.user_uuid}))


def _clone(connection: Connection, /, caller: Caller, owner: int, *, now: datetime, **fields: Any) -> Record:
    """Create the set for the caller, from a set of this owner."""
    audited_changes.record_action(connection, caller, audit_log.CLONE_SET, owner=owner, now=now)
    return sets.create(connection, user_id=caller.user_id, now=now, **fields)


async def read_set_json(id: str, caller: Caller | None, services: Services) -> Response:
    """A set as data: a public one for anyone, others for their owner and for staff."""

    async def make() -> Prepared:
        row = await ownership.readable(services, sets.find, id, caller)
        return prepared_responses.as_json(measurement_set_for_public(row), ownership.cache(row))

    return await public_records.reply(services, ("set.json", id), caller, make)


async def read_set_yaml(id: str, caller: Caller | None, services: Services) -> Response:
    """A set as data, in YAML."""

    async def make() -> Prepared:
        row = await ownership.readable(services, sets.find, id, caller)
        return await prepared_responses.as_yaml(measurement_set_for_public(row), ownership.cache(row))

    return await public_records.reply(services, ("set.yaml", id), caller, make)


async def read_set_csv(id: str, caller: Caller | None, services: Services) -> Response:
    """A set as a table."""
    return await _file(services, id, caller, "csv", CSV)


async def read_set_smis(id: str, caller: Caller | None, services: Services) -> Response:
    """A set as a file of SeamlyMe."""
    return await _file(services, id, caller, "smis", prepared_responses.XML)


async def read_set_vit(id: str, caller: Caller | None, services: Services) -> Response:
    """A set as a file of Valentina."""
    return await _file(services, id, caller, "vit", prepared_responses.XML)


async def _file(services: Services, id: str, caller: Caller | None, form: str, media_type: str) -> Response:
    async def make() -> Prepared:
        row = await ownership.readable(services, sets.find, id, caller)
        # In a thread, as YAML is: the first one loads what writes XML.
        body = await asyncio.to_thread(interchange.WRITERS[form], row)
        return prepared_responses.as_it_is(
            body, media_type, {**ownership.cache(row), **attachment(f"set-{row['id']}.{form}")}
        )

    return await public_records.reply(services, (f"set.{form}", id), caller, make)


async def import_set(
    format: str,
    units: str | None,
    store: bool | None,
    name: str | None,
    personal: bool | None,
    derived: bool | None,
    imperial: bool | None,
    public: bool | None,
    body: bytes,
    caller: Caller,
    services: Services,
) -> Response:
    """Report what a file holds; with `store` create a set from it, with `derived` including computed measurements."""
    report = await parsing.off_loop(interchange.read, body, format, units, named=bool(personal))
    if imperial is None:
        imperial = report.imperial
    members = {"report": import_report(report, imperial)}
    if not store:
        return success(**members)
    chosen = [*report.measurements, *(report.derived if derived else ())]
    made = await services.storage.write(
        sets.create,
        user_id=caller.user_id,
        most=ownership.storage_quota(services, caller, caller.user_id),
        now=clock.now(),
        name=_name_of(report, name, chosen),
        notes=NO_NOTES if report.notes is None else report.notes,
        img=record_images.NONE,
        measies={found.name: found.value for found in chosen},
        imperial=imperial,
        public=bool(public),
    )
    return created(set=measurement_set_for_owner({**made, "user_uuid": caller.user_uuid}), **members)


def _name_of(report: Report, name: str | None, chosen: list[Imported]) -> str:
    """Return the name of the set; raises Refused if there is none, or nothing to store."""
    if not chosen:
        raise Refused("nothingToImport", "The file has no measurement that can be stored.")
    called = name or report.name
    if not (called and called.strip()):
        raise Refused("nameMissing", "The set needs a name.")
    return called
