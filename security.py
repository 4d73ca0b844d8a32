"""From the credentials of a request to the caller, and whether the caller may be there.

The level that an operation needs, and whether it is open to an account without consent, come from the document.
Ownership of records is the handlers' to judge.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import clock
import storage
from errors import ConsentLacking, InsufficientLevel, KeyExpired, KeyRevoked, Unauthorized
from services import keys, tokens
from services.limits import Quotas
from storage import accounts, apikeys

ROLE_LEVELS = {"user": 4, "tester": 4, "curator": 5, "bughunter": 6, "support": 8, "admin": 9}
# What who calls with a revoked key is told, where nobody gave a reason.
REVOKED_BY = {
    "owner": "Its owner ended it.",
    "staff": "An administrator ended it.",
    "leak": "Its secret was found in public.",
    "role": "The role of its account changed.",
    "status": "Its account is not active any more.",
    "consent": "Its owner withdrew the consent.",
}
BEARER, BASIC = "bearer", "basic"
CHALLENGES = {
    BEARER: 'Bearer realm="freesewing-api"',
    BASIC: 'Basic realm="freesewing-api", charset="UTF-8"',
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the account, the level they act at (0 to 9), the key if it is one, and the name of the request."""

    user_id: int
    user_uuid: UUID
    level: int
    role: str
    key: UUID | None = None
    request_id: str = ""
    # The administrator who acts as the account, if it is not its owner.
    by: int | None = None
    # Whether the account's owner gave consent.
    consents: bool = True
    # The number of the key in the database; 0 without one.
    key_id: int = 0
    # Where they differ from the usual: {policy: {quota, until}}.
    account_quotas: Quotas | None = None
    key_quotas: Quotas | None = None

    def may(self, level: int, *, owner: int) -> bool:
        """Whether the caller owns the record, or acts at `level` or above."""
        return self.user_id == owner or self.level >= level


@dataclass(frozen=True, slots=True)
class Requirement:
    """What an operation asks of its callers, as the document states it."""

    schemes: frozenset[str]
    level: int = 0
    optional: bool = False
    without_consent: bool = False


async def authenticate(
    authorization: str | None, need: Requirement, only: str | None = None, request_id: str = ""
) -> Caller | None:
    """The caller with these credentials, or None where the operation needs none and none were sent.

    `only` narrows the accepted schemes to one (the `/jwt` and `/key` paths). Credentials that are sent are always
    judged: bad ones never count as none. Raises Unauthorized, KeyExpired, KeyRevoked, StorageUnavailable.
    """
    if not need.schemes or (authorization is None and need.optional):
        return None
    schemes = need.schemes & {only} if only else need.schemes
    try:
        return await _identify(authorization, schemes, request_id)
    except Unauthorized as error:
        raise Unauthorized(error.detail, headers=_challenge(schemes or need.schemes)) from error
    except (KeyExpired, KeyRevoked) as error:
        error.headers = _challenge(schemes)
        raise


def require_standing(caller: Caller | None, need: Requirement) -> None:
    """Raise ConsentLacking or InsufficientLevel unless the caller, if there is one, has what the operation needs."""
    if caller is None:
        return
    if not caller.consents and not need.without_consent:
        raise ConsentLacking("Give or renew your consent first, at PATCH /consent.")
    if caller.level < need.level:
        raise InsufficientLevel(f"This operation needs level {need.level}; these credentials have {caller.level}.")


def unauthenticated(detail: str) -> Unauthorized:
    """The refusal of a request without credentials, by an operation that needs them for some requests only."""
    return Unauthorized(detail, headers=_challenge(frozenset(CHALLENGES)))


async def _identify(authorization: str | None, schemes: frozenset[str], request_id: str) -> Caller:
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() == BEARER and BEARER in schemes:
        return await _by_token(credentials.strip(), request_id)
    if scheme.lower() == BASIC and BASIC in schemes:
        return await _by_key(credentials.strip(), request_id)
    if not scheme:
        raise Unauthorized("This operation needs credentials.")
    raise Unauthorized("These credentials are of a kind that this path does not take.")


async def _by_token(token: str, request_id: str) -> Caller:
    session = tokens.verify(token)
    standing = await storage.read(accounts.find_standing, session.user_id)
    if standing is None or standing.epoch != session.epoch or not _may_sign_in(standing.role, standing.status):
        raise Unauthorized("The session has ended.")
    if session.by is not None and not await _may_act_for_others(session.by):
        raise Unauthorized("The session has ended.")
    return Caller(
        session.user_id,
        standing.uuid,
        ROLE_LEVELS[standing.role],
        standing.role,
        request_id=request_id,
        by=session.by,
        consents=standing.consent > 0,
        account_quotas=standing.quotas,
    )


async def _may_act_for_others(user_id: int) -> bool:
    """Whether who acts as another is an administrator still."""
    standing = await storage.read(accounts.find_standing, user_id)
    return standing is not None and standing.role == "admin" and _may_sign_in(standing.role, standing.status)


def key_named(key: str, secret: str) -> UUID | None:
    """The key, where this can be one with a secret of ours: in the one usual form, in any case."""
    try:
        named = UUID(key) if keys.is_wellformed(secret) else None
    except ValueError:
        return None
    return named if str(named) == key.lower() else None


async def find_key(key: UUID, secret: str, now: datetime) -> apikeys.KeyStanding | None:
    """The key that this is the secret of, whether or not it may be used; None if it is not.

    The secret before a rotation counts until its grace is over.
    """
    standing = await storage.read(apikeys.find_standing, key)
    if standing is None:
        return None
    stored = [standing.secret_hash]
    if standing.previous_hash is not None and standing.previous_until is not None and now < standing.previous_until:
        stored.append(standing.previous_hash)
    return standing if keys.fits(secret, *stored) else None


async def _by_key(credentials: str, request_id: str) -> Caller:
    key, secret = _key_and_secret(credentials)
    now = clock.now()
    standing = await find_key(key, secret, now)
    if standing is None:
        raise Unauthorized("There is no API key with this secret.")
    if standing.revoked_at is not None:
        raise await _revoked(standing.id, clock.iso(standing.revoked_at))
    if standing.expires_at <= now:
        raise KeyExpired(f"The API key expired on {clock.iso(standing.expires_at)}.")
    if not _may_sign_in(standing.role, standing.status) or standing.consent < 1:
        raise Unauthorized("The account of this API key may not sign in.")
    level = min(standing.level, ROLE_LEVELS[standing.role])
    return Caller(
        standing.user_id,
        standing.user_uuid,
        level,
        standing.role,
        key,
        request_id,
        key_id=standing.id,
        account_quotas=standing.account_quotas,
        key_quotas=standing.key_quotas,
    )


async def _revoked(key_id: int, revoked_at: str) -> KeyRevoked:
    by, given = await storage.read(apikeys.find_end, key_id)
    reason = given or REVOKED_BY.get(by or "", "No reason is known.")
    return KeyRevoked(f"The API key was revoked on {revoked_at}: {reason}", reason=reason, revoked_at=revoked_at)


def _key_and_secret(credentials: str) -> tuple[UUID, str]:
    """The two halves of Basic credentials; raises Unauthorized before any look-up if they cannot be ours."""
    try:
        key, _, secret = b64decode(credentials, validate=True).decode("ascii").partition(":")
    except (NotBase64, ValueError):
        key = secret = ""
    named = key_named(key, secret)
    if named is None:
        raise Unauthorized("These are not an API key and its secret.")
    return named, secret


def _may_sign_in(role: str, status: int) -> bool:
    return status >= accounts.ACTIVE and role in ROLE_LEVELS


def _challenge(schemes: frozenset[str]) -> dict[str, str]:
    return {"WWW-Authenticate": ", ".join(CHALLENGES[scheme] for scheme in sorted(schemes, reverse=True))}
