"""Reference (a): Starlette routes that call our storage functions, and nothing else.

What a competent developer would write at the least: the same secret check, tokens, encryption and reply; no
validation of requests, no error shape, no request ids, no counting, no CORS, no `/jwt` and `/key` forms.
"""

from base64 import b64decode
from typing import Any
from uuid import UUID

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import clock
import settings as configuration
import storage
from bench.serve import frozen
from handlers import shapes
from security import ROLE_LEVELS
from services import keys, lifecycle, tokens
from settings import Settings
from storage import accounts, apikeys, sets
from storage.encryption import Keyring

JSON = "application/json; charset=utf-8"


def create_app(settings: Settings) -> Starlette:
    """The application."""
    lifecycle.configure(settings)
    keyring = Keyring(configuration.parse_keys(settings.encryption_keys))
    return Starlette(
        routes=[
            Route("/sets/{id:int}", read_set, methods=["GET"]),
            Route("/sets/{id:int}", update_set, methods=["PATCH"]),
            Route("/sets", create_set, methods=["POST"]),
            Route("/whoami", who_am_i, methods=["GET"]),
        ],
        lifespan=frozen(lambda: storage.connect(settings.database_url, keyring), storage.disconnect),
    )


async def read_set(request: Request) -> Response:
    """One set of the caller's."""
    user_id, _ = await _caller(request, 1)
    return _reply(200, result="success", set=shapes.measurements_set(await _own_set(request, user_id)))


async def create_set(request: Request) -> Response:
    """A new set."""
    user_id, _ = await _caller(request, 3)
    body = orjson.loads(await request.body())
    made = await storage.write(
        sets.create,
        user_id=user_id,
        now=clock.now(),
        name=body["name"],
        notes=body["notes"],
        img="default-avatar",
        measies=body["measies"],
        imperial=body["imperial"],
        public=body["public"],
    )
    return _reply(201, result="created", set=shapes.measurements_set(made))


async def update_set(request: Request) -> Response:
    """A changed set."""
    user_id, _ = await _caller(request, 3)
    present = await _own_set(request, user_id)
    fields = orjson.loads(await request.body())
    measies = fields.pop("measies", {})
    row, _ = await storage.write(sets.edit, present["id"], fields=fields, measies=measies, now=clock.now())
    return _reply(200, result="success", set=shapes.measurements_set(row))


async def who_am_i(request: Request) -> Response:
    """What is known of the API key."""
    _, key = await _caller(request, 0)
    if key is None:
        raise HTTPException(404)
    return _reply(200, result="success", apikey=shapes.api_key_self(await storage.read(apikeys.find, key)))


async def _own_set(request: Request, user_id: int) -> sets.MeasurementsSet:
    row = await storage.read(sets.find, request.path_params["id"])
    if row["user_id"] != user_id:
        raise HTTPException(403)
    return row


async def _caller(request: Request, level: int) -> tuple[int, UUID | None]:
    """The caller's account, and their key if it is one."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme == "Basic":
        return await _by_key(credentials, level)
    session = tokens.verify(credentials)
    standing = await storage.read(accounts.find_standing, session.user_id)
    if (
        standing is None
        or standing.epoch != session.epoch
        or standing.status < accounts.ACTIVE
        or standing.consent < 1
        or ROLE_LEVELS[standing.role] < level
    ):
        raise HTTPException(401)
    return session.user_id, None


async def _by_key(credentials: str, level: int) -> tuple[int, UUID]:
    text, _, secret = b64decode(credentials).decode().partition(":")
    key = UUID(text)
    standing = await storage.read(apikeys.find_standing, key)
    if (
        standing is None
        or not keys.fits(secret, standing.secret_hash)
        or standing.revoked_at is not None
        or standing.expires_at <= clock.now()
        or standing.status < accounts.ACTIVE
        or standing.consent < 1
        or min(standing.level, ROLE_LEVELS[standing.role]) < level
    ):
        raise HTTPException(401)
    return standing.user_id, key


def _reply(status: int, **members: Any) -> Response:
    return Response(orjson.dumps(members), status, media_type=JSON)
