"""Encryption at rest: AES-256-GCM as a SQLAlchemy column type.

A value is stored as `length of key id | key id | nonce (12 bytes) | ciphertext and tag`, with the names of
table and column as associated data, so that a value moved to another column does not decrypt.
"""

import os
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

NONCE = 12


class Undecryptable(Exception):
    """A stored value was written under a key that is not configured, or was tampered with."""


class Keyring:
    """The keys by id, the first of which encrypts; all of them decrypt."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        self._ciphers = {key_id.encode(): AESGCM(key) for key_id, key in keys.items()}
        self._current = next(iter(self._ciphers))
        self._prefix = bytes([len(self._current)]) + self._current

    def encrypt(self, plain: bytes, place: bytes) -> bytes:
        """`plain` under the current key, bound to `place`, the `table.column` it is for."""
        nonce = os.urandom(NONCE)
        return self._prefix + nonce + self._ciphers[self._current].encrypt(nonce, plain, place)

    def decrypt(self, stored: bytes, place: bytes) -> bytes:
        """The plain bytes; raises Undecryptable."""
        end = 1 + stored[0] if stored else 0
        cipher = self._ciphers.get(stored[1:end])
        if cipher is None:
            raise Undecryptable(f"{place.decode()}: no key {stored[1:end]!r} is configured")
        try:
            return cipher.decrypt(stored[end : end + NONCE], stored[end + NONCE :], place)
        except (InvalidTag, ValueError) as error:
            raise Undecryptable(f"{place.decode()}: the value does not fit its key and place") from error

    def is_current(self, stored: bytes) -> bool:
        """Whether the value was written under the key that encrypts now."""
        return stored.startswith(self._prefix)


class Encrypted(TypeDecorator[str]):
    """Text kept encrypted. The engine's dialect carries the key ring (see `storage.connect`)."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        return keyring_of(dialect).encrypt(self.dumps(value), self.place.encode())

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        return self.loads(keyring_of(dialect).decrypt(value, self.place.encode()))

    def dumps(self, value: Any) -> bytes:
        """The value as bytes to encrypt."""
        return str(value).encode()

    def loads(self, plain: bytes) -> Any:
        """The value that `dumps` made these bytes of."""
        return plain.decode()


class EncryptedJson(Encrypted):
    """A JSON value kept encrypted."""

    cache_ok = True

    def dumps(self, value: Any) -> bytes:
        return orjson.dumps(value)

    def loads(self, plain: bytes) -> Any:
        return orjson.loads(plain)


def keyring_of(dialect: Dialect) -> Keyring:
    """The key ring that `storage.connect` gave this engine."""
    keyring: Keyring = dialect.keyring  # type: ignore[attr-defined]
    return keyring
