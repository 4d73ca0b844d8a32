"""Reference (a): Starlette routes that call our storage functions, serializers, secrets and tokens."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from starlette.applications import Starlette

from bench.references.routes import MOST, SESSION_LEVEL, Authentication, application
from core import clock
from handlers.serializers.apikeys import api_key_for_itself
from handlers.serializers.curated import curated_set_for_public
from handlers.serializers.patterns import pattern_for_owner
from handlers.serializers.sets import measurement_set_for_owner
from security import Caller
from services import container
from settings import Settings
from storage import apikeys, curated_sets, patterns, sessions, sets


class Store:
    """What (a) does between route and reply."""

    def __init__(self, settings: Settings) -> None:
        services = container.of(settings)
        self._storage, self._tokens, self._secrets = services.storage, services.tokens, services.api_secrets
        self.open, self.close = self._storage.open, self._storage.close

    async def by_key(self, key: UUID, secret: str) -> Any:
        found = await self._storage.read(apikeys.find_status, key)
        if found is None or not self._secrets.fits(secret, found.secret_hash):
            return None
        return found if found.revoked_at is None and found.expires_at > clock.now() else None

    async def by_token(self, token: str) -> Authentication | None:
        session = self._tokens.verify(token)
        found = await self._storage.read(sessions.find_status, session.user_id, session.id)
        if found is None or found.session_epoch != found.epoch:
            return None
        return Authentication(session.user_id, found.uuid, SESSION_LEVEL, found.role, found.status, found.consent)

    async def read_set(self, caller: Caller, set_id: int) -> Any:
        found = await self._storage.read(sets.find, set_id)
        return measurement_set_for_owner(found) if found["user_id"] == caller.user_id else None

    async def create_set(self, caller: Caller, body: dict[str, Any]) -> Any:
        fields = {**body, "user_id": caller.user_id, "img": "default-avatar"}
        made = await self._storage.write(sets.create, now=clock.now(), **fields)
        return measurement_set_for_owner({**made, "user_uuid": caller.user_uuid})

    async def update_set(self, caller: Caller, set_id: int, body: dict[str, Any]) -> Any:
        present = await self._storage.read(sets.find, set_id)
        if present["user_id"] != caller.user_id:
            return None
        changes = {"now": clock.now(), "measies": {}, **body}
        return measurement_set_for_owner(await self._storage.write(_edit, set_id, **changes))

    async def list_curated(self) -> Any:
        return [curated_set_for_public(row) for row in await self._storage.read(curated_sets.list_all, limit=MOST)]

    async def read_curated(self, set_id: int) -> Any:
        found = await self._storage.read(curated_sets.find, set_id)
        return curated_set_for_public(found) if found["published"] else None

    async def list_patterns(self, caller: Caller) -> Any:
        rows = await self._storage.read(patterns.list_of, caller.user_id, limit=MOST)
        return [pattern_for_owner(row, caller) for row in rows]

    async def read_key(self, caller: Any) -> Any:
        found = await self._storage.read(apikeys.find_self, caller.key, clock.day(clock.now()))
        return api_key_for_itself(found, [])


def _edit(connection: Connection, /, set_id: int, **changes: Any) -> sets.MeasurementsSet:
    return sets.edit(connection, sets.lock(connection, set_id), **changes)


def create_app(settings: Settings) -> Starlette:
    """Return the application."""
    return application(Store(settings))
