"""Access to records that have an owner and may be public."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from core.errors import InsufficientLevel, NoSuchRecord
from handlers.support.ids import record_id
from handlers.support.responses import PRIVATE, PUBLIC, last_modified
from security import Caller
from services.container import Services
from storage.records import RecordId
from storage.schema.tables import Record
from storage.storage_use import UNLIMITED, Storage

READ_OWN, READ_OTHERS, CLONE_OTHERS, WRITE_OTHERS = 1, 6, 8, 9
Find = Callable[[Connection, RecordId], Record]


def storage_quota(services: Services, caller: Caller, owner: int) -> Storage:
    """Return how much an account may store when the caller writes a record of it: staff may exceed the quota."""
    return services.storage_quotas.of(caller.account_quotas) if caller.user_id == owner else UNLIMITED


async def allowed(services: Services, find: Find, id: str, caller: Caller, level: int) -> Record:
    """The record, of the caller's own or, from `level`, of anyone; raises NoSuchRecord and InsufficientLevel."""
    row = await services.storage.read(find, record_id(id))
    require_allowed(row, caller, level)
    return row


def require_allowed(row: Record, caller: Caller, level: int) -> None:
    """Raise InsufficientLevel unless the record is the caller's own, or they act at `level` or above."""
    if not caller.may(level, owner=row["user_id"]):
        raise InsufficientLevel("This record belongs to another account.")


async def to_clone(services: Services, find: Find, id: str, caller: Caller) -> Record:
    """A public record, or one that the caller may copy all the same."""
    row = await services.storage.read(find, record_id(id))
    if not row["public"] and not caller.may(CLONE_OTHERS, owner=row["user_id"]):
        raise InsufficientLevel("This record belongs to another account and is not public.")
    return row


async def readable(services: Services, find: Find, id: str, caller: Caller | None) -> Record:
    """A public record, or one that the caller may read; to anyone else there is none."""
    row = await services.storage.read(find, record_id(id))
    theirs = caller is not None and caller.level >= READ_OWN and caller.may(READ_OTHERS, owner=row["user_id"])
    if not row["public"] and not theirs:
        raise NoSuchRecord("There is no such record.")
    return row


def cache(row: Record) -> dict[str, Any]:
    """A public record may be kept by any cache, which asks again each time; another one only by its reader's."""
    return {**(PUBLIC if row["public"] else PRIVATE), **last_modified(row["updated_at"])}
