"""Reference (b) on PostgreSQL: asyncpg with hand-written SQL; each statement is prepared once a connection.

Its pool would reset each connection that comes back, a round trip of its own that nothing here needs: it does not.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson

from bench.raw_shapes import (
    IMG,
    LIST_CURATED,
    LIST_PATTERNS,
    MEASIES,
    NAME,
    NOTES,
    READ_CURATED,
    READ_SET,
    Shapes,
)
from bench.raw_values import ACCOUNT_STANDING, KEY_STANDING, Cipher, Standing, merge
from core import clock

_LIST_PATTERNS = LIST_PATTERNS.format(user_id="$1")
_CREATE_SET = (
    "INSERT INTO sets (uuid, created_at, updated_at, img, imperial, name, notes, user_id, measies, public)"
    " VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id"
)
_UPDATE_SET = (
    "UPDATE sets SET updated_at = $1, imperial = $2, name = $3, notes = $4, measies = $5, public = $6 WHERE id = $7"
)
_READ_KEY = (
    "SELECT k.key, k.level, k.expires_at, k.name, k.user_id, k.calls,"
    " (SELECT coalesce(sum(u.calls), 0) FROM usage_days u"
    " WHERE u.user_id = k.user_id AND u.at = $1 AND u.key_id = k.id)"
    " FROM apikeys k WHERE k.key = $2 AND k.removed_at IS NULL"
)


class PostgresStore:
    """A pool as large as ours; reads and single statements commit by themselves."""

    def __init__(self, url: str, cipher: Cipher, *, pool: int) -> None:
        self._url = url
        self._cipher = cipher
        self._shapes = Shapes(cipher, str, clock.iso)
        self._size = pool

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(self._url, min_size=self._size, max_size=self._size, reset=_as_it_is)

    async def close(self) -> None:
        await self._pool.close()

    async def key_standing(self, key: str) -> Standing | None:
        row = await self._pool.fetchrow(KEY_STANDING + "$1", UUID(key))
        if row is None:
            return None
        expired = row[3] is not None or row[2] <= clock.now()
        return Standing(row[0], row[1], expired, *row[4:])

    async def account_standing(self, user_id: int) -> Standing | None:
        row = await self._pool.fetchrow(ACCOUNT_STANDING + "$1", user_id)
        return Standing(user_id, 9, False, "", *row) if row is not None else None

    async def read_set(self, set_id: int) -> dict[str, Any] | None:
        row = await self._pool.fetchrow(READ_SET + "$1", set_id)
        return self._shapes.measurements_set(row) if row is not None else None

    async def create_set(self, owner: Standing, body: Mapping[str, Any]) -> dict[str, Any]:
        uuid, now, lock = uuid4(), clock.now(), self._cipher.lock
        row = (
            *(uuid, now, lock(b"default-avatar", IMG), body["imperial"], lock(body["name"].encode(), NAME)),
            *(lock(body["notes"].encode(), NOTES), owner.user_id, lock(orjson.dumps(body["measies"]), MEASIES)),
            body["public"],
        )
        return {
            "id": await self._pool.fetchval(_CREATE_SET, *row),
            "uuid": str(uuid),
            "createdAt": clock.iso(now),
            "updatedAt": clock.iso(now),
            "img": "default-avatar",
            "userId": owner.user_id,
            "userUuid": str(owner.user_uuid),
            **body,
        }

    async def update_set(self, set_id: int, user_id: int, body: Mapping[str, Any]) -> dict[str, Any] | None:
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(READ_SET + "$1 FOR UPDATE OF s", set_id)
            if row is None or row["user_id"] != user_id:
                return None
            return await self._changed(connection, self._shapes.measurements_set(row), body)

    async def _changed(self, connection: Any, shown: dict[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
        now, lock = clock.now(), self._cipher.lock
        new = merge(shown, body)
        new["updatedAt"] = clock.iso(now)
        name, notes = lock(new["name"].encode(), NAME), lock(new["notes"].encode(), NOTES)
        measies = lock(orjson.dumps(new["measies"]), MEASIES)
        await connection.execute(_UPDATE_SET, now, new["imperial"], name, notes, measies, new["public"], new["id"])
        return new

    async def list_curated(self) -> list[dict[str, Any]]:
        return [self._shapes.curated_set(row) for row in await self._pool.fetch(LIST_CURATED)]

    async def read_curated(self, set_id: int) -> dict[str, Any] | None:
        row = await self._pool.fetchrow(READ_CURATED + "$1", set_id)
        return self._shapes.curated_set(row) if row is not None else None

    async def list_patterns(self, user_id: int) -> list[dict[str, Any]]:
        return self._shapes.patterns(await self._pool.fetch(_LIST_PATTERNS, user_id))

    async def read_key(self, key: str) -> dict[str, Any] | None:
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        row = await self._pool.fetchrow(_READ_KEY, today, UUID(key))
        return self._shapes.api_key(row) if row is not None else None


async def _as_it_is(_connection: Any) -> None:
    return None
