"""Values as the tables hold them, read and written by hand."""

import hmac
import os
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_STANDING = (
    "SELECT k.user_id, k.level, k.expires_at, k.revoked_at, k.secret_hash, a.role, a.status, a.consent, a.uuid"
    " FROM apikeys k JOIN accounts a ON a.id = k.user_id WHERE k.key = "
)
ACCOUNT_STANDING = "SELECT role, status, consent, uuid, epoch FROM accounts WHERE id = "


class Cipher:
    """AES-256-GCM with the one key that is configured."""

    def __init__(self, key_id: str, key: bytes) -> None:
        self._prefix = bytes([len(key_id)]) + key_id.encode()
        self._nonce = len(self._prefix)
        self._text = self._nonce + 12
        self._aes = AESGCM(key)

    def lock(self, plain: bytes, place: bytes) -> bytes:
        """The stored form of a value in this `table.column`."""
        nonce = os.urandom(12)
        return self._prefix + nonce + self._aes.encrypt(nonce, plain, place)

    def unlock(self, stored: bytes, place: bytes) -> bytes:
        """The value of a stored form."""
        return self._aes.decrypt(stored[self._nonce : self._text], stored[self._text :], place)


def secret_fits(key: bytes, secret: str, stored: str) -> bool:
    """Whether the HMAC of the secret is the stored one."""
    return hmac.compare_digest(hmac.digest(key, secret.encode(), sha256).hex(), stored)


def claims_of(key: bytes, issuer: str, token: str) -> dict[str, Any] | None:
    """What a JSON Web Token of this server's says; None unless it is good."""
    signed, _, signature = token.rpartition(".")
    head, _, payload = signed.partition(".")
    if not hmac.compare_digest(hmac.digest(key, signed.encode(), sha256), _decoded(signature)):
        return None
    claims: dict[str, Any] = orjson.loads(_decoded(payload))
    good = (
        orjson.loads(_decoded(head))["alg"] == "HS256"
        and claims["iss"] == claims["aud"] == issuer
        and claims["iat"] <= time.time() < claims["exp"]
    )
    return claims if good else None


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "==")


@dataclass(slots=True)
class Standing:
    """What decides whether a caller may come in, and who they are; `user_uuid` is as the driver gives it."""

    user_id: int
    level: int
    expired: bool
    secret_hash: str
    role: str
    status: int
    consent: int
    user_uuid: Any
    epoch: int = 0


class Store(Protocol):
    """What the driver of SQLite and that of PostgreSQL each do by hand."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def key_standing(self, key: str) -> Standing | None: ...

    async def account_standing(self, user_id: int) -> Standing | None: ...

    async def read_set(self, set_id: int) -> dict[str, Any] | None: ...

    async def create_set(self, owner: Standing, body: Mapping[str, Any]) -> dict[str, Any]: ...

    async def update_set(self, set_id: int, user_id: int, body: Mapping[str, Any]) -> dict[str, Any] | None: ...

    async def list_curated(self) -> list[dict[str, Any]]: ...

    async def read_curated(self, set_id: int) -> dict[str, Any] | None: ...

    async def list_patterns(self, user_id: int) -> list[dict[str, Any]]: ...

    async def read_key(self, key: str) -> dict[str, Any] | None: ...


def merge(shown: dict[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """A shown set with what was sent, its measurements merged; null clears one."""
    merged = {**shown["measies"], **body.get("measies", {})}
    return {**shown, **body, "measies": {name: value for name, value in merged.items() if value is not None}}


def dashed(hex: str) -> str:
    """A UUID's 32 hexadecimal characters in the usual form."""
    return f"{hex[:8]}-{hex[8:12]}-{hex[12:16]}-{hex[16:20]}-{hex[20:]}"


def hex_of(uuid: str) -> str:
    """The 32 hexadecimal characters; raises ValueError for what is no UUID."""
    return UUID(uuid).hex
