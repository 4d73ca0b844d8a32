"""Encryption at rest: AES-256-GCM as a SQLAlchemy column type.

A value is stored as `length of key id | key id | nonce (12 bytes) | ciphertext and tag`, with the names of
table and column as associated data, so that a value moved to another column does not decrypt.
"""

import os
from collections.abc import Callable
from typing import Any, cast

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

NONCE = 12


class Undecryptable(Exception):
    """A stored value was written under a key that is not configured, or was tampered with."""


class Keyring:
    """The keys by id, the first of which encrypts; all of them decrypt.

    `secret` is a value derived from the server's other secret, which the canaries compare; empty if they are not to.
    Without any key, nothing can be encrypted or decrypted.
    """

    def __init__(self, keys: dict[str, bytes], secret: str = "") -> None:
        self._ciphers = {key_id.encode(): AESGCM(key) for key_id, key in keys.items()}
        self._current = next(iter(self._ciphers), b"")
        self._prefix = bytes([len(self._current)]) + self._current
        self.secret = secret

    @property
    def current(self) -> str:
        """The id of the key that encrypts."""
        return self._current.decode()

    def has(self, key_id: str) -> bool:
        """Whether there is a key with this id."""
        return key_id.encode() in self._ciphers

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
    """Text kept encrypted, under the key ring of the engine's dialect (see `WithKeyring`)."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], bytes | None]:
        """What encrypts a value of this column."""
        dumps, place = self.dumps, self.place.encode()
        return lambda value: None if value is None else keyring_of(dialect).encrypt(dumps(value), place)

    def result_processor(self, dialect: Dialect, _coltype: object) -> Callable[[Any], Any]:
        """What decrypts a stored value of this column."""
        loads, place, decrypt = self.loads, self.place.encode(), keyring_of(dialect).decrypt
        return lambda stored: None if stored is None else loads(decrypt(stored, place))

    def dumps(self, value: Any) -> bytes:
        """The value as bytes to encrypt."""
        return str(value).encode()

    # Returns the value that `dumps` made these bytes of.
    loads: Callable[[bytes], Any] = staticmethod(bytes.decode)


class EncryptedJson(Encrypted):
    """A JSON value kept encrypted."""

    cache_ok = True
    loads = staticmethod(orjson.loads)

    def dumps(self, value: Any) -> bytes:
        return orjson.dumps(value)

    def fragment_processor(self, dialect: Dialect) -> Callable[[Any], orjson.Fragment | None]:
        """What decrypts a stored value without parsing it: `orjson.dumps` copies a fragment as it is."""
        place, decrypt = self.place.encode(), keyring_of(dialect).decrypt
        return lambda stored: None if stored is None else orjson.Fragment(decrypt(stored, place))


def key_id_of(stored: bytes) -> str:
    """The id of the key that a value was written under, as far as it has one."""
    return stored[1 : 1 + stored[0]].decode(errors="replace") if stored else ""


class WithKeyring(Dialect):
    """What a dialect of ours adds to one of SQLAlchemy's: the argument `keyring` of `create_engine`.

    Column types convert values for a dialect, of which each engine has its own.
    """

    supports_statement_cache = True

    # Not by keyword only: SQLAlchemy looks for the names of positional parameters.
    def __init__(self, keyring: Keyring | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.keyring = keyring or Keyring({})


def keyring_of(dialect: Dialect) -> Keyring:
    """The key ring of an engine's dialect."""
    return cast(WithKeyring, dialect).keyring
