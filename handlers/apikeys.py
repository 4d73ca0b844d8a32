"""API keys."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from starlette.responses import Response

import clock
import storage
from errors import InsufficientLevel, Refused
from handlers import shapes, staff
from handlers.conditions import require_match
from handlers.paging import page_of, shown
from handlers.replies import PRIVATE, SECRET, created, no_content, success
from security import ROLE_LEVELS, Caller
from services import keys
from storage import acts, apikeys

LEVEL_FOR_OTHERS = 9


async def create_api_key(body: dict[str, Any], caller: Caller) -> Response:
    """Make a key that may do no more than the caller, and show its secret this once."""
    staff.require_owner(caller)
    if body["level"] > min(caller.level, ROLE_LEVELS[caller.role]):
        raise Refused("keyLevelExceedsRoleLevel", f"These credentials can give level {caller.level} at most.")
    secret = keys.new_secret()
    now = clock.now()
    key = await storage.write(
        apikeys.create,
        user_id=caller.user_id,
        name=body["name"],
        level=body["level"],
        secret_hash=keys.hash_of(secret),
        now=now,
        expires_at=now + timedelta(seconds=body["expiresIn"]),
    )
    return created(apikey={**shapes.api_key(key), "secret": secret}, headers=SECRET)


async def list_api_keys(limit: int | None, cursor: str | None, caller: Caller) -> Response:
    """The caller's keys."""
    page = page_of(limit, cursor)
    found = await storage.read(apikeys.list_of, caller.user_id, **page.window)
    listed, link = shown(page, found, shapes.api_key_listed, "/apikeys")
    return success(apikeys=listed, headers={**PRIVATE, **link})


async def read_api_key(key: str, caller: Caller) -> Response:
    """One key, the caller's own or, for administrators, anyone's."""
    return success(apikey=shapes.api_key(await _allowed(key, caller)))


async def delete_api_key(key: str, if_match: str | None, caller: Caller) -> Response:
    """Revoke a key at once; another's on the record."""
    found = await _allowed(key, caller)
    # A key never changes: what was read is what it is.
    require_match(if_match, apikey=shapes.api_key(found))
    now = clock.now()
    act = (caller, acts.REVOKE_KEY, found["user_id"], now)
    await storage.write(staff.recorded, act, apikeys.revoke, found["key"], now)
    return no_content()


async def _allowed(key: str, caller: Caller) -> apikeys.ApiKey:
    found = await storage.read(apikeys.find, UUID(key))
    if not caller.may(LEVEL_FOR_OTHERS, owner=found["user_id"]):
        raise InsufficientLevel("This API key is another account's.")
    return found
