"""Patterns."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from core.errors import NoSuchRecord, Refused
from core.etags import Preconditions
from handlers.serializers.patterns import may_draft_from, may_see_curated, pattern_for_owner, pattern_for_public
from handlers.support import audited_changes, ownership, prepared_responses, public_records
from handlers.support.ids import record_id
from handlers.support.paging import Listing, member
from handlers.support.prepared_responses import Prepared
from handlers.support.resources import Change, Resource
from handlers.support.responses import PRIVATE, created, no_content, success
from security import Caller
from services.container import Services
from services.images import record_images
from storage import audit_log, curated_sets, patterns, sets
from storage.records import RecordId
from storage.schema.tables import Record

# Bytes of `data`, and of `settings`, as JSON without white space.
MOST_BYTES = 200_000
# Members that are stored as they are sent, with their values in a new pattern. A new pattern must have settings.
DEFAULTS: dict[str, Any] = {"name": "--", "notes": "--", "public": False, "data": {}}
PATTERNS = Resource("pattern", patterns.records, pattern_for_owner)


async def create_pattern(body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Store a new pattern owned by the caller."""
    _require_storable(body)
    async with services.images.stored(body.get("img"), "pattern") as img:
        fields = {
            **DEFAULTS,
            **_fields_of(body),
            "design": body["design"],
            "img": img or record_images.NONE,
        }
        made = await services.storage.write(_create, services, body, fields, caller, clock.now())
    return created(pattern=pattern_for_owner(made, caller))


def _fields_of(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ("settings", *DEFAULTS) if name in body}


def _create(
    connection: Connection,
    services: Services,
    body: dict[str, Any],
    fields: dict[str, Any],
    caller: Caller,
    now: datetime,
) -> Record:
    drafted_from = {
        "set": _chosen(connection, sets.find, body.get("set"), may_draft_from, caller, "setUnknown"),
        "cset": _chosen(connection, curated_sets.find, body.get("cset"), may_see_curated, caller, "csetUnknown"),
    }
    most = ownership.storage_quota(services, caller, caller.user_id)
    made = patterns.create(connection, user_id=caller.user_id, now=now, most=most, **fields, **drafted_from)
    return {**made, "user_uuid": caller.user_uuid}


def _chosen(
    connection: Connection,
    find: Callable[[Connection, RecordId], Record],
    choice: Any,
    allowed: Callable[[Record, Caller], bool],
    caller: Caller,
    code: str,
) -> Record | None:
    """The set that the body names by its number or uuid, or by the whole of it; raises Refused with `code`."""
    if choice is None:
        return None
    given = choice["id"] if isinstance(choice, dict) else choice
    try:
        row = find(connection, record_id(str(given)))
    except NoSuchRecord:
        raise Refused(code, "There is no such set.") from None
    if not allowed(row, caller):
        raise Refused(code, "This set belongs to another account and is not public.")
    return row


async def list_patterns(limit: int | None, cursor: str | None, caller: Caller, services: Services) -> Response:
    """The caller's patterns."""
    listing = Listing("/patterns", partial(pattern_for_owner, reader=caller), member("patterns"), encoded=True)
    return (await listing.page(services, limit, cursor, patterns.list_of, caller.user_id)).reply(cache=PRIVATE)


async def read_pattern(id: str, caller: Caller, services: Services) -> Response:
    """One pattern, the caller's own or, from level 6, anyone's."""
    row = await ownership.allowed(services, patterns.find_encoded, id, caller, ownership.READ_OTHERS)
    return PATTERNS.shown(row, caller)


async def update_pattern(
    id: str, body: dict[str, Any], preconditions: Preconditions, caller: Caller, services: Services
) -> Response:
    """Change the given members; the design and the sets stay."""
    _require_storable(body)
    found = await ownership.allowed(services, patterns.find_owner, id, caller, ownership.WRITE_OTHERS)
    fields = _fields_of(body)
    async with services.images.stored(body.get("img"), "pattern") as img:
        if img is not None:
            fields["img"] = img
        row, former = await public_records.write(
            services,
            _update,
            Change(found, caller, preconditions, clock.now()),
            most=ownership.storage_quota(services, caller, found["user_id"]),
            **fields,
        )
    if img is not None:
        await services.images.discard(former["img"])
    return PATTERNS.updated(row, caller)


def _update(connection: Connection, /, change: Change, **fields: Any) -> tuple[Record, Record]:
    """Update the pattern; return it as it is, and as it was."""
    change.audit(connection, audit_log.UPDATE_PATTERN)
    locked = PATTERNS.lock(connection, change)
    return patterns.edit(connection, locked, now=change.now, **fields), locked


async def delete_pattern(id: str, preconditions: Preconditions, caller: Caller, services: Services) -> Response:
    """Remove a pattern and its image."""
    found = await ownership.allowed(services, patterns.find_owner, id, caller, ownership.WRITE_OTHERS)
    removed = await public_records.write(services, _remove, Change(found, caller, preconditions, clock.now()))
    await services.images.discard(removed["img"])
    return no_content()


def _remove(connection: Connection, change: Change) -> Record:
    """Remove the pattern; return it as it was."""
    change.audit(connection, audit_log.DELETE_PATTERN)
    locked = PATTERNS.lock(connection, change)
    patterns.remove(connection, locked)
    return locked


async def clone_pattern(id: str, caller: Caller, services: Services) -> Response:
    """Copy an own or public pattern, or, from level 8, anyone's, with the sets that the caller may use."""
    original = await ownership.to_clone(services, patterns.find, id, caller)
    drafted_from, cset = original["set"], original["cset"]
    # Anyone may clone a public pattern: that is no action of staff.
    owner = caller.user_id if original["public"] else original["user_id"]
    async with services.images.copied(original["img"], "pattern") as img:
        made = await services.storage.write(
            _clone,
            caller,
            owner,
            most=ownership.storage_quota(services, caller, caller.user_id),
            now=clock.now(),
            design=original["design"],
            name=f"{original['name'][:500]} (cloned from #{original['id']})",
            notes=f"{original['notes'][:20_000]}\n\nCloned from pattern #{original['id']}.",
            public=False,
            data=original["data"],
            settings=original["settings"],
            img=img,
            set=drafted_from if drafted_from and may_draft_from(drafted_from, caller) else None,
            cset=cset if cset and may_see_curated(cset, caller) else None,
        )
    return success(pattern=pattern_for_owner({**made, "user_uuid": caller.user_uuid}, caller))


def _clone(connection: Connection, /, caller: Caller, owner: int, *, now: datetime, **fields: Any) -> Record:
    """Create the pattern for the caller, from a pattern of this owner."""
    audited_changes.record_action(connection, caller, audit_log.CLONE_PATTERN, owner=owner, now=now)
    return patterns.create(connection, user_id=caller.user_id, now=now, **fields)


async def read_pattern_json(id: str, caller: Caller | None, services: Services) -> Response:
    """A pattern as data: a public one for anyone, others for their owner and for staff."""

    async def make() -> Prepared:
        row = await ownership.readable(services, patterns.find, id, caller)
        return prepared_responses.as_json(pattern_for_public(row), ownership.cache(row))

    return await public_records.reply(services, ("pattern.json", id), caller, make)


async def read_pattern_yaml(id: str, caller: Caller | None, services: Services) -> Response:
    """A pattern as data, in YAML."""

    async def make() -> Prepared:
        row = await ownership.readable(services, patterns.find, id, caller)
        return await prepared_responses.as_yaml(pattern_for_public(row), ownership.cache(row))

    return await public_records.reply(services, ("pattern.yaml", id), caller, make)


def _require_storable(body: dict[str, Any]) -> None:
    """Raise Refused where `data` or `settings` are larger than allowed, or hold what cannot be kept as it is."""
    for name in ("data", "settings"):
        try:
            size = len(orjson.dumps(body.get(name)))
        except orjson.JSONEncodeError:
            raise Refused("validationFailed", f"{name} has an integer of more than 64 bits.") from None
        if size > MOST_BYTES:
            raise Refused("validationFailed", f"{name} has more than {MOST_BYTES} bytes.")
