"""Reference (c): the session and the caller as dependencies, by HTTP Basic (API keys) or Bearer (JSON Web Tokens)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import jwt
from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBasic, HTTPBasicCredentials, HTTPBearer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from bench.fastapi_models import Account, ApiKey
from core import clock
from security import ROLE_LEVELS
from services.auth.api_secrets import ApiSecrets

basic = HTTPBasic(auto_error=False)
bearer = HTTPBearer(auto_error=False)


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """A session for the request."""
    async with request.app.state.sessions() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]


@dataclass
class Caller:
    """Who asks, at which level, and with which key, if it is one."""

    account: Account
    level: int
    key: ApiKey | None = None


async def get_caller(
    request: Request,
    session: SessionDep,
    key: Annotated[HTTPBasicCredentials | None, Depends(basic)],
    token: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """The caller with these credentials."""
    if key is not None:
        return await _by_key(session, key, request.app.state.api_secrets)
    if token is not None:
        return await _by_token(session, token.credentials, request.app.state)
    raise _unauthorized()


class AtLevel:
    """A dependency with a parameter: the caller, if their level suffices."""

    def __init__(self, level: int) -> None:
        self.level = level

    def __call__(self, caller: Annotated[Caller, Depends(get_caller)]) -> Caller:
        if caller.level < self.level:
            raise HTTPException(403, "These credentials do not suffice.")
        return caller


AnyCaller = Annotated[Caller, Depends(AtLevel(0))]
Reader = Annotated[Caller, Depends(AtLevel(1))]
Writer = Annotated[Caller, Depends(AtLevel(3))]


async def _by_key(session: AsyncSession, credentials: HTTPBasicCredentials, secrets: ApiSecrets) -> Caller:
    try:
        name = UUID(credentials.username)
    except ValueError:
        raise _unauthorized() from None
    found = await session.scalar(
        select(ApiKey).where(ApiKey.key == name).options(joinedload(ApiKey.owner, innerjoin=True))
    )
    if found is None or not secrets.fits(credentials.password, found.secret_hash):
        raise _unauthorized()
    if found.revoked_at is not None or found.expires_at <= clock.now():
        raise _unauthorized()
    return Caller(found.owner, min(found.level, _level_of(found.owner)), found)


async def _by_token(session: AsyncSession, token: str, state: Any) -> Caller:
    try:
        claims = jwt.decode(token, state.token_key, algorithms=["HS256"], audience=state.issuer, issuer=state.issuer)
    except jwt.InvalidTokenError:
        raise _unauthorized() from None
    account = await session.get(Account, claims["_id"])
    if account is None or account.epoch != claims["epoch"]:
        raise _unauthorized()
    return Caller(account, _level_of(account))


def _level_of(account: Account) -> int:
    if account.status < 1:
        raise _unauthorized()
    if account.consent < 1:
        raise HTTPException(451, "Consent is lacking.")
    return ROLE_LEVELS[account.role]


def _unauthorized() -> HTTPException:
    return HTTPException(401, "These credentials are not valid.", headers={"WWW-Authenticate": "Basic, Bearer"})
