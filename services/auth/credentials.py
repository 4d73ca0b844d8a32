"""API key credentials: the key id, and the secret that is checked against its hash."""

from base64 import b64decode
from binascii import Error as NotBase64
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from core.errors import Unauthorized
from services.auth import api_secrets
from services.auth.api_secrets import ApiSecrets
from storage import apikeys
from storage.database import Storage


class Verified(NamedTuple):
    """A key whose secret was sent, the stored hash of that secret, and until when the secret is good.

    Whether the key may be used is not judged.
    """

    key_status: apikeys.KeyStatus
    secret_hash: str
    until: datetime


def parse(basic: str) -> tuple[UUID, str]:
    """The two halves of Basic credentials; raises Unauthorized before any look-up if they cannot be ours."""
    try:
        key, _, secret = b64decode(basic, validate=True).decode("ascii").partition(":")
    except (NotBase64, ValueError):
        key = secret = ""
    named = key_named(key, secret)
    if named is None:
        raise Unauthorized("The credentials are not an API key and its secret.")
    return named, secret


def key_named(key: str, secret: str) -> UUID | None:
    """The key, where this can be one with a secret of ours: in the one usual form, in any case."""
    try:
        named = UUID(key) if api_secrets.is_wellformed(secret) else None
    except ValueError:
        return None
    return named if str(named) == key.lower() else None


class Credentials:
    """Verification of API keys."""

    def __init__(self, storage: Storage, secrets: ApiSecrets) -> None:
        self._storage, self._secrets = storage, secrets

    async def verify(self, key: UUID, secret: str, now: datetime) -> Verified | None:
        """Return the key that has this secret, whether or not the key may be used; None if it has not.

        The secret before a rotation counts until its grace is over.
        """
        key_status = await self._storage.read(apikeys.find_status, key)
        if key_status is None:
            return None
        if self._secrets.fits(secret, key_status.secret_hash):
            return Verified(key_status, key_status.secret_hash, key_status.expires_at)
        previous, until = key_status.previous_hash, key_status.previous_until
        if previous is None or until is None or until <= now or not self._secrets.fits(secret, previous):
            return None
        return Verified(key_status, previous, min(until, key_status.expires_at))


def end_of_secret(key_status: apikeys.KeyStatus, secret_hash: str) -> datetime | None:
    """Return when the secret with this hash ends, which may be in the past; None if the key has no such secret."""
    if secret_hash == key_status.secret_hash:
        return key_status.expires_at
    if secret_hash != key_status.previous_hash or key_status.previous_until is None:
        return None
    return min(key_status.previous_until, key_status.expires_at)
