"""API keys."""

import contextlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from core.errors import InsufficientLevel, NoSuchRecord, Refused
from core.etags import Preconditions
from handlers.serializers.apikeys import api_key_for_owner, listed_api_key_for_owner
from handlers.support import audited_changes
from handlers.support.ownership import require_allowed
from handlers.support.paging import Listing, member
from handlers.support.preconditions import require_match
from handlers.support.reauthentication import reauthenticate
from handlers.support.responses import PRIVATE, SECRET, accepted, created, no_content, success
from security import Caller
from services.auth import api_secrets, credentials
from services.auth.response_times import steady
from services.container import Services
from storage import apikeys, audit_log, revocation, security_log

LEVEL_FOR_OTHERS = 9
# How long the secret before goes on working after a rotation, in seconds, where nothing is said.
GRACE = 86400
LIST = Listing("/apikeys", listed_api_key_for_owner, member("apikeys"))


async def create_api_key(body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Create a key that allows no more than the caller's credentials, and return its secret this once."""
    audited_changes.require_owner(caller)
    secret = api_secrets.new_secret()
    key = await services.storage.write(_create, body, services.api_secrets.hash_of(secret), caller, clock.now())
    return created(apikey={**api_key_for_owner(key), "secret": secret}, headers=SECRET)


def _create(
    connection: Connection, body: dict[str, Any], secret_hash: str, caller: Caller, now: datetime
) -> apikeys.ApiKey:
    again = reauthenticate(connection, caller)
    caller = again.caller
    expires_at = now + timedelta(seconds=body["expiresIn"])
    if body["level"] > caller.level:
        raise Refused(
            "keyLevelExceedsRoleLevel", f"These credentials can create keys of level {caller.level} at most."
        )
    return apikeys.create(
        connection,
        user_id=caller.user_id,
        name=body["name"],
        level=body["level"],
        secret_hash=secret_hash,
        origin=audited_changes.origin(caller, caller.user_id),
        now=now,
        expires_at=min(expires_at, again.until or expires_at),
    )


async def list_api_keys(
    state: str | None, limit: int | None, cursor: str | None, caller: Caller, services: Services
) -> Response:
    """The caller's keys, those in one state where it is given."""
    query, now = {"state": state}, clock.now()
    page = await LIST.page(
        services, limit, cursor, apikeys.list_of, caller.user_id, state=state, now=now, query=query
    )
    return page.reply(cache=PRIVATE)


async def read_api_key(key: str, caller: Caller, services: Services) -> Response:
    """One key, the caller's own or, for administrators, anyone's."""
    found = await services.storage.read(apikeys.find, UUID(key))
    require_allowed(found, caller, LEVEL_FOR_OTHERS)
    return success(apikey=api_key_for_owner(found))


async def delete_api_key(
    key: str, reason: str | None, preconditions: Preconditions, caller: Caller, services: Services
) -> Response:
    """Revoke a key at once and take it off the list; another's on the record, for a reason."""
    await services.storage.write(_remove, UUID(key), reason, preconditions, caller, clock.now())
    services.outbox.wake()
    return no_content()


def _remove(
    connection: Connection, key: UUID, reason: str | None, preconditions: Preconditions, caller: Caller, now: datetime
) -> None:
    held = _held(connection, key, reason, caller)
    require_match(preconditions, apikey=api_key_for_owner(held.key))
    _end(connection, held, revocation.remove, reason, caller, now)


async def revoke_api_key(key: str, body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Revoke a key at once, and leave it on the list; another's on the record, for a reason."""
    row = await services.storage.write(_revoke, UUID(key), body.get("reason"), caller, clock.now())
    services.outbox.wake()
    return success(apikey=api_key_for_owner(row))


def _revoke(connection: Connection, key: UUID, reason: str | None, caller: Caller, now: datetime) -> apikeys.ApiKey:
    held = _held(connection, key, reason, caller)
    if held.key["revoked_at"] is None:
        _end(connection, held, revocation.revoke, reason, caller, now)
    return apikeys.find(connection, key)


def _end(
    connection: Connection, held: apikeys.Held, work: Any, reason: str | None, caller: Caller, now: datetime
) -> None:
    owner = held.owner["id"]
    origin = audited_changes.origin(caller, owner)
    by = revocation.OWNER if origin.by == security_log.OWNER else revocation.STAFF
    audited_changes.record_action(connection, caller, audit_log.REVOKE_KEY, owner=owner, now=now)
    work(connection, held, by=by, origin=origin, now=now, reason=reason)


def _held(connection: Connection, key: UUID, reason: str | None, caller: Caller) -> apikeys.Held:
    """Return the key to end, and reauthenticate the caller.

    Raises as `reauthenticate`, InsufficientLevel, NoSuchRecord, and Refused if staff give no reason.
    """
    caller = reauthenticate(connection, caller, apikeys.find(connection, key)["user_id"]).caller
    held = apikeys.lock(connection, key)
    require_allowed(held.key, caller, LEVEL_FOR_OTHERS)
    if reason is None and audited_changes.origin(caller, held.owner["id"]).by != security_log.OWNER:
        raise Refused("reasonMissing", "A reason is required to revoke the key of another account.")
    return held


async def rotate_api_key(key: str, body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Give a key of the caller another secret, and return it this once; the present one stays good for a while."""
    audited_changes.require_owner(caller)
    secret = api_secrets.new_secret()
    grace = timedelta(seconds=body.get("grace", GRACE))
    row = await services.storage.write(
        _rotate, UUID(key), services.api_secrets.hash_of(secret), grace, caller, clock.now()
    )
    return created(apikey={**api_key_for_owner(row), "secret": secret}, headers=SECRET)


def _rotate(
    connection: Connection, key: UUID, secret_hash: str, grace: timedelta, caller: Caller, now: datetime
) -> apikeys.ApiKey:
    again = reauthenticate(connection, caller, apikeys.find(connection, key)["user_id"])
    caller, held = again.caller, apikeys.lock(connection, key)
    if held.key["user_id"] != caller.user_id:
        raise InsufficientLevel("This API key belongs to another account.")
    if held.key["level"] > caller.level:
        raise InsufficientLevel(f"The API key has level {held.key['level']}; these credentials have {caller.level}.")
    # The grace may last until the key expires: then the time alone does not tell the two secrets apart.
    key_status = apikeys.find_status(connection, caller.key) if caller.key else None
    if key_status is not None and caller.secret_hash != key_status.secret_hash:
        raise InsufficientLevel("The previous secret of an API key cannot rotate keys.")
    if again.until and held.key["expires_at"] > again.until:
        raise InsufficientLevel("The API key expires later than the API key of this request.")
    origin = audited_changes.origin(caller, caller.user_id)
    return apikeys.rotate(connection, held, secret_hash=secret_hash, grace=grace, origin=origin, now=now)


async def report_leaked_api_key(body: dict[str, Any], request_id: str, services: Services) -> Response:
    """Revoke a key whose secret was found in public; the response is the same for every request."""
    async with steady():
        await _end_leaked(services, body, UUID(request_id), clock.now())
    return accepted(result="received", headers=SECRET)


async def _end_leaked(services: Services, body: dict[str, Any], request_id: UUID, now: datetime) -> None:
    named = credentials.key_named(body["key"], body["secret"])
    found = await services.credentials.verify(named, body["secret"], now) if named else None
    if found is not None and found.key_status.revoked_at is None and found.until > now:
        origin = security_log.Origin(security_log.SYSTEM, request_id)
        # A key that goes with its account at this moment must not change the answer.
        with contextlib.suppress(NoSuchRecord):
            await services.storage.write(_revoke_leaked, UUID(body["key"]), origin, now)
        services.outbox.wake()


def _revoke_leaked(connection: Connection, key: UUID, origin: security_log.Origin, now: datetime) -> None:
    revocation.revoke_leaked(connection, apikeys.lock(connection, key), origin=origin, now=now)
