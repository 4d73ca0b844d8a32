"""The Starlette routes of references (a) and (b): they check level and owner, and reply; a store does the rest.

No validation of requests, problem details, request ids, metering or CORS. Nothing is cached between requests.
"""

import gc
from base64 import b64decode
from collections import namedtuple
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
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
# The account of valid credentials, and their level. The uuid is as the driver returns it.
Authentication = namedtuple("Authentication", ["user_id", "user_uuid", "level", "role", "status", "consent"])
# Path, method, level of the caller, method of the store, member of the reply. At no level there is no caller.
OPERATIONS: tuple[tuple[str, str, int | None, str, str], ...] = (
    ("/sets/{id:int}", "GET", 1, "read_set", "set"),
    ("/sets/{id:int}", "PATCH", 3, "update_set", "set"),
    ("/sets", "POST", 3, "create_set", "set"),
    ("/curated-sets", "GET", None, "list_curated", "curatedSets"),
    ("/curated-sets/{id:int}", "GET", None, "read_curated", "curatedSet"),
    ("/patterns", "GET", 1, "list_patterns", "patterns"),
    ("/whoami", "GET", 0, "read_key", "apikey"),
)


def application(store: Any) -> Starlette:
    """Return the application on an `own.Store` or a `raw.Store`."""

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        await store.open()
        # As ours does at the end of its start.
        gc.collect()
        gc.freeze()
        yield
        await store.close()

    return Starlette(routes=[_route(store, *one) for one in OPERATIONS], lifespan=lifespan)


def _route(store: Any, path: str, method: str, level: int | None, name: str, member: str) -> Route:
    """Return a route; the method of the store gets caller, id in the path and body, as far as there are any.

    The method returns the record or the list, and None where the caller may not see it.
    """
    act, (status, result) = getattr(store, name), (201, "created") if method == "POST" else (200, "success")

    async def answer(request: Request) -> Response:
        arguments = [] if level is None else [await _caller(store, request, level)]
        arguments += request.path_params.values()
        if method != "GET":
            arguments.append(orjson.loads(await request.body()))
        found = await act(*arguments)
        if found is None:
            raise HTTPException(404)
        body = orjson.dumps({"result": result, member: found})
        return Response(body, status, media_type="application/json; charset=utf-8")

    return Route(path, answer, methods=[method])


async def _caller(store: Any, request: Request, level: int) -> Any:
    """Return the caller; raise HTTPException unless the credentials are valid and of this level."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    key, found = None, None
    if scheme == "Basic":
        text, _, secret = b64decode(credentials).decode().partition(":")
        key = UUID(text)
        found = await store.by_key(key, secret)
    elif scheme == "Bearer":
        found = await store.by_token(credentials)
    if found is None or found.status < 1 or found.consent < 1:
        raise HTTPException(401)
    granted = min(found.level, ROLE_LEVELS[found.role])
    if granted < level:
        raise HTTPException(401)
    return Caller(found.user_id, found.user_uuid, granted, found.role, key)
