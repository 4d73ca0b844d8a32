"""Reference (a): Starlette routes that call our storage functions, and nothing else.

What a competent developer would write at the least: the same secret check, tokens, encryption and reply; no
validation of requests, no error shape, no request ids, no counting, no CORS, no `/jwt` and `/key` forms, no pages of
lists. Nothing is kept between requests, not even curated sets, which ours answers from bytes that it keeps ready.
"""

from base64 import b64decode
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.serve import frozen
from core import clock
from handlers.serializers import curated, records
from handlers.support import paging
from security import ROLE_LEVELS, Caller
from services import container
from services.container import Services
from settings import Settings
from storage import accounts, apikeys, curated_sets, patterns, sessions, sets

JSON = "application/json; charset=utf-8"


def create_app(settings: Settings) -> Starlette:
    """The application."""
    services = container.of(settings)
    app = Starlette(
        routes=[
            Route("/sets/{id:int}", read_set, methods=["GET"]),
            Route("/sets/{id:int}", update_set, methods=["PATCH"]),
            Route("/sets", create_set, methods=["POST"]),
            Route("/curated-sets", list_curated_sets, methods=["GET"]),
            Route("/curated-sets/{id:int}", read_curated_set, methods=["GET"]),
            Route("/patterns", list_patterns, methods=["GET"]),
            Route("/whoami", who_am_i, methods=["GET"]),
        ],
        lifespan=frozen(services.storage.open, services.storage.close),
    )
    app.state.services = services
    return app


async def read_set(request: Request) -> Response:
    """One set of the caller's."""
    caller = await _caller(request, 1)
    return _reply(200, result="success", set=records.measurements_set(await _own_set(request, caller)))


async def create_set(request: Request) -> Response:
    """A new set."""
    caller = await _caller(request, 3)
    body = orjson.loads(await request.body())
    made = await _services(request).storage.write(
        sets.create,
        user_id=caller.user_id,
        now=clock.now(),
        name=body["name"],
        notes=body["notes"],
        img="default-avatar",
        measies=body["measies"],
        imperial=body["imperial"],
        public=body["public"],
    )
    return _reply(201, result="created", set=records.measurements_set({**made, "user_uuid": caller.user_uuid}))


async def update_set(request: Request) -> Response:
    """A changed set."""
    present = await _own_set(request, await _caller(request, 3))
    fields = orjson.loads(await request.body())
    measies = fields.pop("measies", {})
    row = await _services(request).storage.write(_edit, present["id"], measies=measies, now=clock.now(), **fields)
    return _reply(200, result="success", set=records.measurements_set(row))


async def list_curated_sets(request: Request) -> Response:
    """The published curated sets, for anyone."""
    rows = await _services(request).storage.read(curated_sets.list_all, limit=paging.MOST)
    return _reply(200, result="success", curatedSets=[curated.curated_set(row) for row in rows])


async def read_curated_set(request: Request) -> Response:
    """One published curated set, for anyone."""
    row = await _services(request).storage.read(curated_sets.find, request.path_params["id"])
    if not row["published"]:
        raise HTTPException(404)
    return _reply(200, result="success", curatedSet=curated.curated_set(row))


async def list_patterns(request: Request) -> Response:
    """The caller's patterns."""
    caller = await _caller(request, 1)
    rows = await _services(request).storage.read(patterns.list_of, caller.user_id, limit=paging.MOST)
    return _reply(200, result="success", patterns=[records.pattern(row, caller) for row in rows])


async def who_am_i(request: Request) -> Response:
    """What is known of the API key."""
    caller = await _caller(request, 0)
    if caller.key is None:
        raise HTTPException(404)
    found = await _services(request).storage.read(apikeys.find_self, caller.key, clock.day(clock.now()))
    return _reply(200, result="success", apikey=records.api_key_self(found, []))


def _edit(connection: Connection, /, set_id: int, **fields: Any) -> sets.MeasurementsSet:
    return sets.edit(connection, sets.lock(connection, set_id), **fields)


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _own_set(request: Request, caller: Caller) -> sets.MeasurementsSet:
    row = await _services(request).storage.read(sets.find, request.path_params["id"])
    if row["user_id"] != caller.user_id:
        raise HTTPException(403)
    return row


async def _caller(request: Request, level: int) -> Caller:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme == "Basic":
        return await _by_key(request, credentials, level)
    session = _services(request).tokens.verify(credentials)
    standing = await _services(request).storage.read(sessions.find_status, session.user_id, session.id)
    if (
        standing is None
        or standing.session_epoch != standing.epoch
        or standing.status < accounts.ACTIVE
        or standing.consent < 1
        or ROLE_LEVELS[standing.role] < level
    ):
        raise HTTPException(401)
    return Caller(session.user_id, standing.uuid, ROLE_LEVELS[standing.role], standing.role)


async def _by_key(request: Request, credentials: str, level: int) -> Caller:
    text, _, secret = b64decode(credentials).decode().partition(":")
    key = UUID(text)
    standing = await _services(request).storage.read(apikeys.find_status, key)
    if (
        standing is None
        or not _services(request).api_secrets.fits(secret, standing.secret_hash)
        or standing.revoked_at is not None
        or standing.expires_at <= clock.now()
        or standing.status < accounts.ACTIVE
        or standing.consent < 1
        or min(standing.level, ROLE_LEVELS[standing.role]) < level
    ):
        raise HTTPException(401)
    granted = min(standing.level, ROLE_LEVELS[standing.role])
    return Caller(standing.user_id, standing.user_uuid, granted, standing.role, key)


def _reply(status: int, **members: Any) -> Response:
    return Response(orjson.dumps(members), status, media_type=JSON)
