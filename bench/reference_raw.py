"""Reference (b), the raw limit: Starlette, the database driver used directly, SQL, encryption and tokens by hand.

It makes the same look-ups as ours, one for the credentials and one for the record or list, and none of our other
code runs. Nothing is kept between requests, the limit is one without a cache: curated sets, too, are read from the
database and encoded each time, where ours answers from bytes that it keeps ready for less than a second.
"""

from base64 import b64decode
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import settings as configuration
from bench.raw_postgresql import PostgresStore
from bench.raw_sqlite import SqliteStore
from bench.raw_values import Cipher, Standing, Store, claims_of, secret_fits
from bench.serve import frozen
from security import ROLE_LEVELS
from services.auth.derivation import derive
from settings import Settings

JSON = "application/json; charset=utf-8"


def create_app(settings: Settings) -> Starlette:
    """The application."""
    store = _store(settings)
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
        lifespan=frozen(store.open, store.close),
    )
    app.state.store = store
    app.state.secrets = derive(settings.secret_key, "api secrets")
    app.state.tokens = derive(settings.secret_key, "tokens")
    app.state.issuer = settings.public_url
    return app


def _store(settings: Settings) -> Store:
    cipher = Cipher(*next(iter(configuration.parse_keys(settings.encryption_keys).items())))
    if settings.database_url.startswith("sqlite:///"):
        return SqliteStore(settings.database_url.removeprefix("sqlite:///"), cipher)
    return PostgresStore(settings.database_url, cipher, pool=settings.database_pool)


async def read_set(request: Request) -> Response:
    """One set of the caller's."""
    caller, _ = await _caller(request, 1)
    found = await request.app.state.store.read_set(request.path_params["id"])
    if found is None or found["userId"] != caller.user_id:
        raise HTTPException(404)
    return _reply(200, {"result": "success", "set": found})


async def create_set(request: Request) -> Response:
    """A new set."""
    caller, _ = await _caller(request, 3)
    body = orjson.loads(await request.body())
    return _reply(201, {"result": "created", "set": await request.app.state.store.create_set(caller, body)})


async def update_set(request: Request) -> Response:
    """A changed set."""
    caller, _ = await _caller(request, 3)
    body = orjson.loads(await request.body())
    changed = await request.app.state.store.update_set(request.path_params["id"], caller.user_id, body)
    if changed is None:
        raise HTTPException(404)
    return _reply(200, {"result": "success", "set": changed})


async def list_curated_sets(request: Request) -> Response:
    """The published curated sets, for anyone."""
    return _reply(200, {"result": "success", "curatedSets": await request.app.state.store.list_curated()})


async def read_curated_set(request: Request) -> Response:
    """One published curated set, for anyone."""
    found = await request.app.state.store.read_curated(request.path_params["id"])
    if found is None:
        raise HTTPException(404)
    return _reply(200, {"result": "success", "curatedSet": found})


async def list_patterns(request: Request) -> Response:
    """The caller's patterns."""
    caller, _ = await _caller(request, 1)
    found = await request.app.state.store.list_patterns(caller.user_id)
    return _reply(200, {"result": "success", "patterns": found})


async def who_am_i(request: Request) -> Response:
    """What is known of the API key."""
    _, key = await _caller(request, 0)
    return _reply(200, {"result": "success", "apikey": await request.app.state.store.read_key(key)})


async def _caller(request: Request, level: int) -> tuple[Standing, str]:
    """The caller's standing, and their key, or the empty string with a token."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    key, standing = "", None
    if scheme == "Basic":
        key, _, secret = b64decode(credentials).decode().partition(":")
        standing = await request.app.state.store.key_standing(key)
        if standing is not None and not secret_fits(request.app.state.secrets, secret, standing.secret_hash):
            raise HTTPException(401)
    elif scheme == "Bearer":
        standing = await _by_token(request.app.state, credentials)
    if standing is None or not _may(standing, level):
        raise HTTPException(401)
    return standing, key


async def _by_token(state: Any, token: str) -> Standing | None:
    claims = claims_of(state.tokens, state.issuer, token)
    if claims is None:
        return None
    standing: Standing | None = await state.store.account_standing(claims["_id"])
    return standing if standing is not None and standing.epoch == claims["epoch"] else None


def _may(standing: Standing, level: int) -> bool:
    return (
        not standing.expired
        and standing.status >= 1
        and standing.consent >= 1
        and min(standing.level, ROLE_LEVELS[standing.role]) >= level
    )


def _reply(status: int, members: dict[str, Any]) -> Response:
    return Response(orjson.dumps(members), status, media_type=JSON)
