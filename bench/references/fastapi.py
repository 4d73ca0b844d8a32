"""Reference (c): a FastAPI application of the measured operations, as its and SQLAlchemy's documentation have it.

Response and request models, dependencies for session and caller, mapped classes, an `AsyncSession` on aiosqlite or
asyncpg with the engine's defaults, related rows loaded eagerly. Tuned in two ways only: nothing is read again after a
write (`expire_on_commit=False`), and of accounts and keys only the needed columns are mapped.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import jwt
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBasic, HTTPBasicCredentials, HTTPBearer, SecurityScopes
from sqlalchemy import event, func, or_, select
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import joinedload, selectinload

import settings as configuration
from bench.references import fastapi_models as models
from bench.references.drivers import PRAGMAS
from bench.references.fastapi_models import Account, ApiKey, CuratedSet, MeasurementsSet, Pattern
from bench.references.routes import MOST, SESSION_LEVEL
from core import clock
from security import ROLE_LEVELS
from services.auth.api_secrets import ApiSecrets
from services.auth.derivation import derive
from settings import Settings
from storage.schema import tables
from storage.schema.encryption import Keyring
from storage.schema.fair_use import usage_days

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
router = APIRouter()


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """Yield the session of a request."""
    async with request.app.state.sessions() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
KeyDep = Annotated[HTTPBasicCredentials | None, Depends(HTTPBasic(auto_error=False))]
TokenDep = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


@dataclass
class Caller:
    """The caller's account, level and API key."""

    account: Any
    level: int
    key: Any = None


async def get_caller(
    request: Request, session: SessionDep, key: KeyDep, token: TokenDep, scopes: SecurityScopes
) -> Caller:
    """Return the caller with these credentials, if their level suffices."""
    found = None
    if key is not None:
        found = await _by_key(session, key, request.app.state.secrets)
    elif token is not None:
        found = await _by_token(session, token.credentials, request.app.state)
    if found is None or found.account.status < 1 or found.account.consent < 1:
        raise HTTPException(401, "These credentials are not valid.", headers={"WWW-Authenticate": "Basic, Bearer"})
    if min(found.level, ROLE_LEVELS[found.account.role]) < int(scopes.scopes[0]):
        raise HTTPException(403, "These credentials do not suffice.")
    return found


async def _by_key(session: AsyncSession, credentials: HTTPBasicCredentials, secrets: ApiSecrets) -> Caller | None:
    query = select(ApiKey).where(tables.apikeys.c.key == UUID(credentials.username))
    found: Any = await session.scalar(query.options(joinedload(ApiKey.owner, innerjoin=True)))
    if found is None or not secrets.fits(credentials.password, found.secret_hash):
        return None
    ended = found.revoked_at is not None or found.expires_at <= clock.now()
    return None if ended else Caller(found.owner, found.level, found)


async def _by_token(session: AsyncSession, token: str, state: Any) -> Caller | None:
    claims = jwt.decode(token, state.token_key, algorithms=["HS256"], audience=state.issuer, issuer=state.issuer)
    account: Any = await session.get(Account, claims["_id"])
    return Caller(account, SESSION_LEVEL) if account is not None and account.epoch == claims["epoch"] else None


AnyCaller = Annotated[Caller, Security(get_caller, scopes=["0"])]
Reader = Annotated[Caller, Security(get_caller, scopes=["1"])]
Writer = Annotated[Caller, Security(get_caller, scopes=["3"])]
WITH_OWNER = joinedload(MeasurementsSet.owner, innerjoin=True)


@router.get("/sets/{id}", response_model=models.SetReply)
async def read_set(id: int, session: SessionDep, caller: Reader) -> Any:
    return {"set": _own(await session.get(MeasurementsSet, id, options=[WITH_OWNER]), caller)}


@router.post("/sets", response_model=models.SetReply, status_code=201)
async def create_set(body: models.SetCreate, session: SessionDep, caller: Writer) -> Any:
    fields: Any = body.model_dump(exclude_unset=True)
    fields["measies"] = {name: value for name, value in fields["measies"].items() if value is not None}
    now = clock.now()
    made = MeasurementsSet(**fields, uuid=clock.new_uuid(), created_at=now, updated_at=now, img="default-avatar")
    made.owner = caller.account
    session.add(made)
    await session.commit()
    return {"result": "created", "set": made}


@router.patch("/sets/{id}", response_model=models.SetReply)
async def update_set(id: int, body: models.SetUpdate, session: SessionDep, caller: Writer) -> Any:
    locked = {"of": MeasurementsSet}
    present = _own(await session.get(MeasurementsSet, id, options=[WITH_OWNER], with_for_update=locked), caller)
    fields: Any = body.model_dump(exclude_unset=True)
    merged = {**present.measies, **fields.pop("measies", {})}
    fields["measies"] = {name: value for name, value in merged.items() if value is not None}
    for name, value in {**fields, "updated_at": clock.now()}.items():
        setattr(present, name, value)
    await session.commit()
    return {"set": present}


@router.get("/curated-sets", response_model=models.CuratedListReply)
async def list_curated_sets(session: SessionDep) -> Any:
    query = select(CuratedSet).where(tables.curated_sets.c.published).order_by(tables.curated_sets.c.id).limit(MOST)
    return {"curated_sets": (await session.scalars(query)).all()}


@router.get("/curated-sets/{id}", response_model=models.CuratedReply)
async def read_curated_set(id: int, session: SessionDep) -> Any:
    found: Any = await session.get(CuratedSet, id)
    if found is None or not found.published:
        raise HTTPException(404, "There is no such curated set.")
    return {"curated_set": found}


@router.get("/patterns", response_model=models.PatternsReply)
async def list_patterns(session: SessionDep, caller: Reader) -> Any:
    sets, patterns, owner = tables.sets.c, tables.patterns.c, caller.account.id
    readable = selectinload(Pattern.set.and_(or_(sets.public, sets.user_id == owner)))
    published = selectinload(Pattern.cset.and_(tables.curated_sets.c.published))
    query = select(Pattern).where(patterns.user_id == owner).order_by(patterns.id).limit(MOST)
    related = (joinedload(Pattern.owner, innerjoin=True), readable.options(WITH_OWNER), published)
    return {"patterns": (await session.scalars(query.options(*related))).all()}


@router.get("/whoami", response_model=models.KeyReply)
async def who_am_i(session: SessionDep, caller: AnyCaller) -> Any:
    if caller.key is None:
        raise HTTPException(404, "These credentials are no key.")
    days, key = usage_days.c, caller.key
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    own = (days.user_id == key.user_id, days.key_id == key.id, days.at == today)
    calls = await session.scalar(select(func.coalesce(func.sum(days.calls), 0)).where(*own))
    shown = {name: getattr(key, name) for name in ("key", "level", "expires_at", "name", "user_id")}
    return {"apikey": {**shown, "quotas": [], "usage": {"today": calls, "total": key.calls}}}


def _own(found: Any, caller: Caller) -> Any:
    if found is None:
        raise HTTPException(404, "There is no such measurement set.")
    if found.user_id != caller.account.id:
        raise HTTPException(403, "The set belongs to another account.")
    return found


def _engine(settings: Settings) -> AsyncEngine:
    url = make_url(settings.database_url)
    engine = create_async_engine(url.set(drivername=DRIVERS[url.get_backend_name()]))
    # The encrypted columns look for the keys here.
    vars(engine.dialect)["keyring"] = Keyring(configuration.parse_keys(settings.encryption_keys))
    if url.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", _set_pragmas)
    return engine


def _set_pragmas(connection: Any, _record: Any) -> None:
    """The journal, durability and foreign keys that ours has."""
    for pragma in PRAGMAS:
        connection.execute(pragma).close()


def create_app(settings: Settings) -> FastAPI:
    """Return the application."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = _engine(settings)
        app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)
    app.state.secrets = ApiSecrets(derive(settings.secret_key, "api secrets"))
    app.state.token_key, app.state.issuer = derive(settings.secret_key, "tokens"), settings.public_url
    app.include_router(router)
    return app
