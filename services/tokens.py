"""JSON Web Tokens: FreeSewing's claims, the session (`sid`), and the epoch that lets an account end all sessions."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

import jwt
from cachetools import LRUCache, cached
from pydantic import BaseModel, Field, ValidationError

import clock
from errors import Unauthorized

LIFETIME = timedelta(days=7)
EXPORT_LIFETIME = timedelta(hours=24)
IMPERSONATION_LIFETIME = timedelta(hours=1)
# What the columns of accounts and a datetime can hold.
_LARGEST_ID, _LARGEST_EPOCH = 2**63 - 1, 2**31 - 1
_LATEST = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())
_MOST_CACHED = 10_000
_key = b""
_issuer = ""


class _Claims(BaseModel, strict=True):
    """The claims that are used, with the types and ranges that are accepted. A boolean or a float is no integer."""

    user_id: int = Field(alias="_id", ge=1, le=_LARGEST_ID)
    epoch: int = Field(ge=0, le=_LARGEST_EPOCH)
    exp: int = Field(ge=0, le=_LATEST)
    by: int | None = Field(None, ge=1, le=_LARGEST_ID)
    sid: UUID | None = Field(None, strict=False)


@dataclass(frozen=True, slots=True)
class Session:
    """What a valid token says: the account, its epoch when the token was issued, the expiry, the administrator who
    impersonates the account, if any, and the session; tokens issued before 0.2.0 have none.
    """

    user_id: int
    epoch: int
    until: datetime
    by: int | None = None
    id: UUID | None = None


def configure(key: bytes, issuer: str) -> None:
    """The key that signs, and the address of this server, which is issuer and audience."""
    global _key, _issuer
    _key, _issuer = key, issuer
    _decoded.cache_clear()


def issue(account: Any, session: UUID, now: datetime) -> str:
    """Return a token for this session of the account (a row of `accounts`), valid for seven days."""
    return _sign(account, now, LIFETIME, _issuer, {**_known_to_clients(account), "sid": str(session)})


def issue_impersonation(account: Any, by: int, session: UUID, now: datetime) -> str:
    """Return a token with which the administrator `by` acts as the account in this session, valid for an hour."""
    claims = {**_known_to_clients(account), "by": by, "sid": str(session)}
    return _sign(account, now, IMPERSONATION_LIFETIME, _issuer, claims)


def _known_to_clients(account: Any) -> dict[str, Any]:
    """Return the claims that FreeSewing's clients read; this server ignores them."""
    return {"username": account["username"], "role": account["role"], "status": account["status"]}


def issue_export(account: Any, now: datetime) -> str:
    """A token that opens the account's export and nothing else, good for a day."""
    return _sign(account, now, EXPORT_LIFETIME, _issuer + "/exports", {})


def _sign(account: Any, now: datetime, lifetime: timedelta, audience: str, claims: dict[str, Any]) -> str:
    times = {"iat": int(now.timestamp()), "exp": int((now + lifetime).timestamp())}
    whose = {"_id": account["id"], "epoch": account["epoch"], "aud": audience, "iss": _issuer}
    return jwt.encode({**whose, **claims, **times}, _key, algorithm="HS256")


def verify(token: str) -> Session:
    """The session that a token stands for; raises Unauthorized."""
    return _verify(token, _issuer)


def verify_export(token: str) -> Session:
    """Whose export a token opens; raises Unauthorized."""
    return _verify(token, _issuer + "/exports")


def _verify(token: str, audience: str) -> Session:
    try:
        session = _decoded(token, audience)
    except (jwt.InvalidTokenError, ValidationError) as error:
        raise Unauthorized("The token is not valid or has expired.") from error
    if session.until <= clock.now():
        raise Unauthorized("The token is not valid or has expired.")
    return session


def _cache_key(token: str, audience: str) -> bytes:
    return blake2b(f"{audience} {token}".encode(), digest_size=32).digest()


# A client sends the same token with each request, and its claims never change. Saves 90 µs a request. Entries are
# keyed by a digest, never by the token itself. Only the expiry must be checked each time, and whether the account
# still accepts the token, which `security` does.
@cached(LRUCache(_MOST_CACHED), _cache_key)
def _decoded(token: str, audience: str) -> Session:
    """Return what a token says; raise jwt.InvalidTokenError, or ValidationError for a bad type or range."""
    payload = jwt.decode(
        token,
        _key,
        algorithms=["HS256"],
        audience=audience,
        issuer=_issuer,
        options={"require": ["exp", "iat", "_id", "epoch"]},
    )
    claims = _Claims.model_validate(payload)
    return Session(claims.user_id, claims.epoch, datetime.fromtimestamp(claims.exp, UTC), claims.by, claims.sid)
