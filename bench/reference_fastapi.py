"""Reference (c): a FastAPI application of the measured operations, as its and SQLAlchemy's documentation have it.

Response models, request models, dependencies for the session and the caller, mapped classes, an `AsyncSession` on
aiosqlite or asyncpg with the engine's own defaults, related rows loaded eagerly. Nothing is tuned, but for two
things in its favour: what was written is not read again (`expire_on_commit=False`), and of an account and a key only
the columns that are needed are mapped. Data, encryption, durability and checks are ours; no limits, no metering.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException
from sqlalchemy import event, func, or_, select
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import joinedload, selectinload

import settings as configuration
from bench.fastapi_callers import AnyCaller, Caller, Reader, SessionDep, Writer
from bench.fastapi_models import CuratedSet, DayOfUse, MeasurementsSet, Pattern
from bench.fastapi_schemas import (
    ApiKeyReply,
    CuratedSetReply,
    CuratedSetsReply,
    PatternsReply,
    SetCreate,
    SetReply,
    SetUpdate,
)
from core import clock
from services.auth.api_secrets import ApiSecrets
from services.auth.derivation import derive
from settings import Settings
from storage.engines import postgresql
from storage.schema.encryption import Keyring, WithKeyring

DRIVERS = {"sqlite": "sqlite+aiosqlite_with_keyring", "postgresql": postgresql.DRIVER}


class SqliteDialect(WithKeyring, SQLiteDialect_aiosqlite):
    """SQLite through aiosqlite, with a key ring."""

    supports_statement_cache = True


registry.register("sqlite.aiosqlite_with_keyring", __name__, SqliteDialect.__name__)
MOST = 1000
router = APIRouter()


def create_app(settings: Settings) -> FastAPI:
    """The application."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = _engine(settings)
        app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)
    app.state.api_secrets = ApiSecrets(derive(settings.secret_key, "api secrets"))
    app.state.token_key = derive(settings.secret_key, "tokens")
    app.state.issuer = settings.public_url
    app.include_router(router)
    return app


def _engine(settings: Settings) -> AsyncEngine:
    url = make_url(settings.database_url)
    name = url.get_backend_name()
    keyring = Keyring(configuration.parse_keys(settings.encryption_keys))
    engine = create_async_engine(url.set(drivername=DRIVERS[name]), keyring=keyring)
    if name == "sqlite":
        event.listen(engine.sync_engine, "connect", _as_ours)
    return engine


def _as_ours(connection: Any, _record: Any) -> None:
    """The journal, durability and foreign keys that ours has."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@router.get("/sets/{id}", response_model=SetReply)
async def read_set(id: int, session: SessionDep, caller: Reader) -> Any:
    """One set of the caller's."""
    found = await session.get(MeasurementsSet, id, options=[joinedload(MeasurementsSet.owner, innerjoin=True)])
    return {"set": _own(found, caller)}


@router.post("/sets", response_model=SetReply, status_code=201)
async def create_set(body: SetCreate, session: SessionDep, caller: Writer) -> Any:
    """A new set."""
    fields = body.model_dump(exclude={"measies"})
    measies = {name: value for name, value in body.measies.items() if value is not None}
    made = MeasurementsSet(**fields, measies=measies, img="default-avatar", owner=caller.account)
    session.add(made)
    await session.commit()
    return {"result": "created", "set": made}


@router.patch("/sets/{id}", response_model=SetReply)
async def update_set(id: int, body: SetUpdate, session: SessionDep, caller: Writer) -> Any:
    """A changed set."""
    found = await session.get(
        MeasurementsSet,
        id,
        options=[joinedload(MeasurementsSet.owner, innerjoin=True)],
        with_for_update={"of": MeasurementsSet},
    )
    present = _own(found, caller)
    fields = body.model_dump(exclude_unset=True)
    merged = {**present.measies, **fields.pop("measies", {})}
    present.measies = {name: value for name, value in merged.items() if value is not None}
    for name, value in fields.items():
        setattr(present, name, value)
    await session.commit()
    return {"set": present}


@router.get("/curated-sets", response_model=CuratedSetsReply)
async def list_curated_sets(session: SessionDep) -> Any:
    """The published curated sets, for anyone."""
    found = await session.scalars(select(CuratedSet).where(CuratedSet.published).order_by(CuratedSet.id).limit(MOST))
    return {"curated_sets": found.all()}


@router.get("/curated-sets/{id}", response_model=CuratedSetReply)
async def read_curated_set(id: int, session: SessionDep) -> Any:
    """One published curated set, for anyone."""
    found = await session.get(CuratedSet, id)
    if found is None or not found.published:
        raise HTTPException(404, "There is no such curated set.")
    return {"curated_set": found}


@router.get("/patterns", response_model=PatternsReply)
async def list_patterns(session: SessionDep, caller: Reader) -> Any:
    """The caller's patterns, with those of their sets that the caller may see."""
    may_see = or_(MeasurementsSet.public, MeasurementsSet.user_id == caller.account.id)
    found = await session.scalars(
        select(Pattern)
        .where(Pattern.user_id == caller.account.id)
        .options(
            joinedload(Pattern.owner, innerjoin=True),
            selectinload(Pattern.set.and_(may_see)).joinedload(MeasurementsSet.owner, innerjoin=True),
            selectinload(Pattern.cset.and_(CuratedSet.published)),
        )
        .order_by(Pattern.id)
        .limit(MOST)
    )
    return {"patterns": found.all()}


@router.get("/whoami", response_model=ApiKeyReply)
async def who_am_i(session: SessionDep, caller: AnyCaller) -> Any:
    """What is known of the API key."""
    key = caller.key
    if key is None:
        raise HTTPException(404, "These credentials are no key.")
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    calls = await session.scalar(
        select(func.coalesce(func.sum(DayOfUse.calls), 0)).where(
            DayOfUse.user_id == key.user_id, DayOfUse.key_id == key.id, DayOfUse.at == today
        )
    )
    shown = {name: getattr(key, name) for name in ("key", "level", "expires_at", "name", "user_id")}
    return {"apikey": {**shown, "usage": {"today": calls, "total": key.calls}}}


def _own(found: MeasurementsSet | None, caller: Caller) -> MeasurementsSet:
    if found is None:
        raise HTTPException(404, "There is no such measurements set.")
    if found.user_id != caller.account.id:
        raise HTTPException(403, "This set is somebody else's.")
    return found
