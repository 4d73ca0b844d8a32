"""From the credentials of a request to the caller, and whether the caller may be there.

The level that an operation needs, and whether it is open to an account without consent, come from the document.
Ownership of records is the handlers' to judge.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from core import clock
from core.errors import ConsentLacking, InsufficientLevel, KeyExpired, KeyRevoked, Unauthorized
from services.auth import credentials
from services.auth.credentials import Credentials
from services.auth.tokens import Session, Tokens
from services.limits.limiter import Quotas
from services.version_cache import VersionCache
from storage import accounts, apikeys, sessions
from storage.database import Storage

ROLE_LEVELS = {"user": 4, "tester": 4, "curator": 5, "bughunter": 6, "support": 8, "admin": 9}
# The reason in the response to a request with a revoked key, if no reason was given.
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
class Requirement:
    """What an operation requires of its callers, as the document states it."""

    schemes: frozenset[str]
    level: int = 0
    optional: bool = False
    without_consent: bool = False


class Caller(NamedTuple):
    """The caller of a request: the account, the level (0 to 9), the API key if it is one, and the request's id."""

    user_id: int
    user_uuid: UUID
    level: int
    role: str
    key: UUID | None = None
    # The administrator who impersonates the account, or None.
    by: int | None = None
    # Whether the account's owner gave consent.
    consents: bool = True
    # The number of the key in the database; 0 without one.
    key_id: int = 0
    # Where they differ from the usual: {policy: {quota, until}}.
    account_quotas: Quotas | None = None
    key_quotas: Quotas | None = None
    # The epoch in a token; None with an API key.
    epoch: int | None = None
    # The session of a token; None with an API key, and with a token issued before 0.2.0.
    session: UUID | None = None
    # The stored hash of the secret that was sent with an API key.
    secret_hash: str = ""
    # These two differ from request to request: an identity is cached without them.
    need: Requirement = Requirement(frozenset())
    request_id: str = ""

    def may(self, level: int, *, owner: int) -> bool:
        """Whether the caller owns the record, or acts at `level` or above."""
        return self.user_id == owner or self.level >= level


class Identity(NamedTuple):
    """Who credentials stand for, and until when, if nothing changes in the database."""

    caller: Caller
    until: datetime


class Authenticator:
    """Finds the callers of one application by their credentials."""

    def __init__(self, storage: Storage, tokens: Tokens, keys: Credentials) -> None:
        self.storage, self._tokens, self._keys = storage, tokens, keys
        self._identities = VersionCache[bytes, Identity](storage)
        self._identify_by = {BEARER: self._by_token, BASIC: self._by_key}

    async def authenticate(
        self, authorization: str | None, need: Requirement, only: str | None = None, request_id: str = ""
    ) -> Caller | None:
        """Return the caller with these credentials, or None where the operation needs none and none were sent.

        `only` narrows the accepted schemes to one (the `/jwt` and `/key` paths). Credentials that are sent are always
        checked; `middleware/security.py` decides whether bad ones matter. Raises Unauthorized, KeyExpired,
        KeyRevoked, StorageUnavailable.
        """
        if not need.schemes or (authorization is None and need.optional):
            return None
        schemes = need.schemes & {only} if only else need.schemes
        try:
            return await self._identify(authorization, schemes, need, request_id)
        except Unauthorized as error:
            raise Unauthorized(error.detail, headers=challenge(schemes or need.schemes)) from error
        except (KeyExpired, KeyRevoked) as error:
            error.headers = challenge(schemes)
            raise

    async def require_account(self, caller: Caller) -> None:
        """Raise Unauthorized if the account of the caller was removed since authentication."""
        if await self.storage.read(sessions.find_status, caller.user_id) is None:
            used = frozenset({BASIC if caller.key else BEARER})
            raise Unauthorized("The account was removed.", headers=challenge(used))

    async def _identify(
        self, authorization: str | None, schemes: frozenset[str], need: Requirement, request_id: str
    ) -> Caller:
        named, _, given = (authorization or "").partition(" ")
        scheme = named.lower()
        if not authorization or not scheme:
            raise Unauthorized("This operation needs credentials.")
        if scheme not in schemes:
            raise Unauthorized("This path does not accept credentials of this kind.")
        identify, given = self._identify_by[scheme], given.strip()
        # Cache entries are keyed by a digest, never by the credential itself.
        kept = blake2b(authorization.encode(), digest_size=32).digest()
        identity = await self._identities.get(kept, identify, given)
        if identity.until <= clock.now():
            self._identities.forget(kept)
            # Raises the error that names what has ended.
            identity = await identify(given)
        # `_replace` takes twice the time.
        return Caller._make((*identity.caller[:-2], need, request_id))

    async def _by_token(self, token: str) -> Identity:
        session = self._tokens.verify(token)
        session_status = await self.storage.read(sessions.find_status, session.user_id, session.id)
        admin = None if session.by is None else await self.storage.read(sessions.find_administrator, session.id)
        return Identity(token_caller(session, session_status, admin), session.until)

    async def _by_key(self, basic: str) -> Identity:
        key, secret = credentials.parse(basic)
        now = clock.now()
        verified = await self._keys.verify(key, secret, now)
        if verified is None:
            raise Unauthorized("There is no API key with this secret.")
        key_status, secret_hash, until = verified
        if key_status.revoked_at is not None:
            end = await self.storage.read(apikeys.find_end, key_status.id)
            raise revoked(end, clock.iso(key_status.revoked_at))
        return Identity(key_caller(key, key_status, secret_hash, now), until)


def require_consent_and_level(caller: Caller | None, need: Requirement) -> None:
    """Raise ConsentLacking or InsufficientLevel unless the caller, if there is one, has what the operation needs."""
    if caller is None:
        return
    if not caller.consents and not need.without_consent:
        raise ConsentLacking("Give or renew your consent first, at PATCH /consent.")
    if caller.level < need.level:
        raise InsufficientLevel(f"This operation needs level {need.level}; these credentials have {caller.level}.")


def unauthenticated(detail: str) -> Unauthorized:
    """The refusal of a request without credentials, by an operation that needs them for some requests only."""
    return Unauthorized(detail, headers=challenge(frozenset(CHALLENGES)))


def token_caller(
    session: Session, session_status: sessions.SessionStatus | None, admin: sessions.Administrator | None
) -> Caller:
    """Return the caller with a token of this session, from the present state that `storage.sessions` finds.

    `admin` is the administrator who impersonates in the session. Raises Unauthorized.
    """
    if (
        session_status is None
        or not _is_open(session, session_status)
        or not may_sign_in(session_status.role, session_status.status)
    ):
        raise Unauthorized("The session has ended.")
    if session.by is not None and (admin is None or not _may_impersonate(session.by, admin)):
        raise Unauthorized("The session has ended.")
    return Caller(
        session.user_id,
        session_status.uuid,
        ROLE_LEVELS[session_status.role],
        session_status.role,
        by=session.by,
        consents=session_status.consent > 0,
        account_quotas=session_status.quotas,
        epoch=session.epoch,
        session=session.id,
    )


def _is_open(session: Session, session_status: sessions.SessionStatus) -> bool:
    """Return whether the session is valid in the present epoch of the account."""
    if session.id is None:
        # Issued before 0.2.0. An impersonation must end with the administrator's session: without one it has ended.
        return session.by is None and session.epoch == session_status.epoch
    return session_status.session_epoch == session_status.epoch


def _may_impersonate(by: int, admin: sessions.Administrator) -> bool:
    """Return whether `by` is an administrator still, whose session is valid in which the impersonation began."""
    session_status = admin.session_status
    return (
        admin.user_id == by
        and session_status.session_epoch == session_status.epoch
        and session_status.role == "admin"
        and session_status.consent > 0
        and may_sign_in(session_status.role, session_status.status)
    )


def key_caller(key: UUID, key_status: apikeys.KeyStatus, secret_hash: str, now: datetime) -> Caller:
    """Return the caller with an API key that is not revoked; raises KeyExpired and Unauthorized."""
    if key_status.expires_at <= now:
        raise KeyExpired(f"The API key expired on {clock.iso(key_status.expires_at)}.")
    if not may_sign_in(key_status.role, key_status.status) or key_status.consent < 1:
        raise Unauthorized("The account of this API key may not sign in.")
    return Caller(
        key_status.user_id,
        key_status.user_uuid,
        min(key_status.level, ROLE_LEVELS[key_status.role]),
        key_status.role,
        key,
        key_id=key_status.id,
        account_quotas=key_status.account_quotas,
        key_quotas=key_status.key_quotas,
        secret_hash=secret_hash,
    )


def revoked(end: tuple[str | None, str | None], revoked_at: str) -> KeyRevoked:
    """Return the error of a revoked key, from `apikeys.find_end` and the time of the revocation (ISO 8601)."""
    by, given = end
    reason = given or REVOKED_BY.get(by or "", "No reason is known.")
    return KeyRevoked(f"The API key was revoked on {revoked_at}: {reason}", reason=reason, revoked_at=revoked_at)


def may_sign_in(role: str, status: int) -> bool:
    """Return whether an account with this role and status may sign in."""
    return status >= accounts.ACTIVE and role in ROLE_LEVELS


def challenge(schemes: frozenset[str]) -> dict[str, str]:
    """Return the header of a 401 that names these schemes."""
    return {"WWW-Authenticate": ", ".join(CHALLENGES[scheme] for scheme in sorted(schemes, reverse=True))}
