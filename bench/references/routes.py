"""The Starlette routes of references (a) and (b): they check level and owner, and reply; a store does the rest.

No validation of requests, problem details, request ids, metering or CORS. Nothing is cached between requests.
"""

import gc
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from security import ROLE_LEVELS, Caller

MOST = 1000
# The level of an account's session, before that of its role.
SESSION_LEVEL = 9


class Authentication(NamedTuple):
    """The account of valid credentials, and their level. The uuid is as the driver returns it."""

    user_id: int
    user_uuid: Any
    level: int
    role: str
    status: int
    consent: int


class Routes:
    """The routes. `store` is an `own.Store` or a `raw.Store`."""

    def __init__(self, store: Any) -> None:
        self._store = store

    @asynccontextmanager
    async def lifespan(self, _app: Any) -> AsyncIterator[None]:
        await self._store.open()
        # As ours does at the end of its start.
        gc.collect()
        gc.freeze()
        yield
        await self._store.close()

    async def read_set(self, request: Request) -> Response:
        caller = await self._caller(request, 1)
        found = await self._store.read_set(request.path_params["id"])
        if found["userId"] != caller.user_id:
            raise HTTPException(403)
        return _reply(set=found)

    async def create_set(self, request: Request) -> Response:
        caller, body = await self._caller(request, 3), orjson.loads(await request.body())
        return _reply(201, "created", set=await self._store.create_set(caller, body))

    async def update_set(self, request: Request) -> Response:
        caller, body = await self._caller(request, 3), orjson.loads(await request.body())
        changed = await self._store.update_set(request.path_params["id"], caller.user_id, body)
        if changed is None:
            raise HTTPException(403)
        return _reply(set=changed)

    async def list_curated(self, _request: Request) -> Response:
        return _reply(curatedSets=await self._store.list_curated())

    async def read_curated(self, request: Request) -> Response:
        found = await self._store.read_curated(request.path_params["id"])
        if not found["published"]:
            raise HTTPException(404)
        return _reply(curatedSet=found)

    async def list_patterns(self, request: Request) -> Response:
        return _reply(patterns=await self._store.list_patterns(await self._caller(request, 1)))

    async def who_am_i(self, request: Request) -> Response:
        caller = await self._caller(request, 0)
        return _reply(apikey=await self._store.read_key(caller.key))

    async def _caller(self, request: Request, level: int) -> Caller:
        """Return the caller; raise HTTPException unless the credentials are valid and of this level."""
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        key, found = None, None
        if scheme == "Basic":
            text, _, secret = b64decode(credentials).decode().partition(":")
            key = UUID(text)
            found = await self._store.by_key(key, secret)
        elif scheme == "Bearer":
            found = await self._store.by_token(credentials)
        if found is None or found.status < 1 or found.consent < 1:
            raise HTTPException(401)
        granted = min(found.level, ROLE_LEVELS[found.role])
        if granted < level:
            raise HTTPException(401)
        return Caller(found.user_id, found.user_uuid, granted, found.role, key)


def _reply(status: int = 200, result: str = "success", **content: Any) -> Response:
    body = orjson.dumps({"result": result, **content})
    return Response(body, status, media_type="application/json; charset=utf-8")


def application(store: Any) -> Starlette:
    """Return the application on a store."""
    found = Routes(store)
    routes = [
        Route("/sets/{id:int}", found.read_set, methods=["GET"]),
        Route("/sets/{id:int}", found.update_set, methods=["PATCH"]),
        Route("/sets", found.create_set, methods=["POST"]),
        Route("/curated-sets", found.list_curated, methods=["GET"]),
        Route("/curated-sets/{id:int}", found.read_curated, methods=["GET"]),
        Route("/patterns", found.list_patterns, methods=["GET"]),
        Route("/whoami", found.who_am_i, methods=["GET"]),
    ]
    return Starlette(routes=routes, lifespan=found.lifespan)
