"""JSON Web Tokens: FreeSewing's claims, the session (`sid`), and the epoch that lets an account end all sessions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, TypeVar
from uuid import UUID

import jwt
from cachetools import LRUCache, cached
from pydantic import BaseModel, Field, ValidationError

from core import clock
from core.errors import Unauthorized

LIFETIME = timedelta(days=7)
EXPORT_LIFETIME = timedelta(hours=24)
IMPERSONATION_LIFETIME = timedelta(hours=1)
# By how much the clock of the instance that issued a token may be ahead, if the token names its beginning (`nbf`).
LEEWAY = timedelta(seconds=60)
# What the columns of accounts and a datetime can hold.
_LARGEST_ID, _LARGEST_EPOCH = 2**63 - 1, 2**31 - 1
_LATEST = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())
_MOST_CACHED = 10_000


class _Claims(BaseModel, strict=True):
    """The claims that are used, with the types and ranges that are accepted. A boolean or a float is no integer."""

    user_id: int = Field(alias="_id", ge=1, le=_LARGEST_ID)
    epoch: int = Field(ge=0, le=_LARGEST_EPOCH)
    exp: int = Field(ge=0, le=_LATEST)
    by: int | None = Field(None, ge=1, le=_LARGEST_ID)
    sid: UUID | None = Field(None, strict=False)


class _ExportClaims(_Claims):
    """The claims of an export token."""

    key: UUID | None = Field(None, strict=False)
    secret: str = ""
    consents: bool = False


@dataclass(frozen=True, slots=True)
class Export:
    """What a valid export token says: the account, its epoch when the token was issued, whether its owner consented
    then, the expiry, and the credential that requested it.

    That is a session, or an API key and the fingerprint of its secret, or a token issued before 0.2.0: none of them.
    """

    user_id: int
    epoch: int
    consents: bool
    until: datetime
    session: UUID | None = None
    key: UUID | None = None
    secret: str = ""


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


Decoded = TypeVar("Decoded", Session, Export)


class Tokens:
    """Tokens that this server issues and accepts."""

    def __init__(self, key: bytes, issuer: str) -> None:
        """`key` signs; `issuer` is the address of this server, which is issuer and audience."""
        self._key, self._issuer = key, issuer
        # A client sends the same token with each request, and its claims never change. Saves 90 µs a request. Entries
        # are keyed by a digest, never by the token itself. Only the expiry must be checked each time, and whether the
        # account still accepts the token, which `security` does.
        self._cached: Callable[[str], Session] = cached(LRUCache(_MOST_CACHED), _cache_key)(self._decoded)

    def issue(self, account: Any, session: UUID, now: datetime) -> str:
        """Return a token for this session of the account (a row of `accounts`), valid for seven days."""
        return self._sign(account, now, LIFETIME, self._issuer, {**_known_to_clients(account), "sid": str(session)})

    def issue_impersonation(self, account: Any, by: int, session: UUID, now: datetime) -> str:
        """Return a token with which the administrator `by` acts as the account in this session, valid for an hour."""
        claims = {**_known_to_clients(account), "by": by, "sid": str(session)}
        return self._sign(account, now, IMPERSONATION_LIFETIME, self._issuer, claims)

    def issue_export(self, export: Export, now: datetime) -> str:
        """Return a token that opens the account's export only, as long as `services.exports` accepts it."""
        account = {"id": export.user_id, "epoch": export.epoch}
        credential: dict[str, Any] = {"sid": export.session, "key": export.key}
        named = {name: str(value) for name, value in credential.items() if value is not None}
        claims = {**named, "secret": export.secret, "consents": export.consents}
        return self._sign(account, now, export.until - now, self._issuer + "/exports", claims)

    def _sign(self, account: Any, now: datetime, lifetime: timedelta, audience: str, claims: dict[str, Any]) -> str:
        times = {"iat": int(now.timestamp()), "exp": int((now + lifetime).timestamp())}
        whose = {"_id": account["id"], "epoch": account["epoch"], "aud": audience, "iss": self._issuer}
        return jwt.encode({**whose, **claims, **times}, self._key, algorithm="HS256")

    def verify(self, token: str) -> Session:
        """Return the session that a token stands for; raise Unauthorized."""
        return _valid(self._cached, token)

    def verify_export(self, token: str) -> Export:
        """Return what an export token opens; raise Unauthorized."""
        return _valid(self._decoded_export, token)

    def _decoded(self, token: str) -> Session:
        """Return what a token says; raise jwt.InvalidTokenError, or ValidationError for a bad type or range."""
        claims = _Claims.model_validate(self._payload(token, self._issuer))
        return Session(claims.user_id, claims.epoch, datetime.fromtimestamp(claims.exp, UTC), claims.by, claims.sid)

    def _decoded_export(self, token: str) -> Export:
        """Return what an export token says; raise as `_decoded`."""
        claims = _ExportClaims.model_validate(self._payload(token, self._issuer + "/exports"))
        until = datetime.fromtimestamp(claims.exp, UTC)
        return Export(claims.user_id, claims.epoch, claims.consents, until, claims.sid, claims.key, claims.secret)

    def _payload(self, token: str, audience: str) -> dict[str, Any]:
        """Return the claims of a token for this audience; raise jwt.InvalidTokenError.

        `iat` is information only: another instance, whose clock is ahead, may have issued the token. The leeway does
        not lengthen the life of a token: the callers compare `exp` with this instance's clock exactly, at each use.
        """
        return jwt.decode(
            token,
            self._key,
            algorithms=["HS256"],
            audience=audience,
            issuer=self._issuer,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "_id", "epoch"], "verify_iat": False},
        )


def _known_to_clients(account: Any) -> dict[str, Any]:
    """Return the claims that FreeSewing's clients read; this server ignores them."""
    return {"username": account["username"], "role": account["role"], "status": account["status"]}


def _valid(decode: Callable[[str], Decoded], token: str) -> Decoded:
    try:
        found = decode(token)
    except (jwt.InvalidTokenError, ValidationError) as error:
        raise Unauthorized("The token is invalid or has expired.") from error
    if found.until <= clock.now():
        raise Unauthorized("The token is invalid or has expired.")
    return found


def _cache_key(token: str) -> bytes:
    return blake2b(token.encode(), digest_size=32).digest()
