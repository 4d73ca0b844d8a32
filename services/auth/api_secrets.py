"""API secrets: `fsk_`, 43 characters of randomness, 6 of checksum.

The prefix lets secret scanners find a leaked one; the checksum lets us refuse garbage without asking the database.
256 random bits need no slow hash: an HMAC-SHA-256 of the secret under a server key is stored.
"""

import hmac
import secrets
from hashlib import sha256
from zlib import crc32

PREFIX = "fsk_"
RANDOM = 43
CHECKSUM = 6
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def new_secret() -> str:
    """A new secret: 43 characters of 62 carry 256 bits."""
    return of_random("".join(secrets.choice(_ALPHABET) for _ in range(RANDOM)))


def of_random(random: str) -> str:
    """The secret with these 43 characters of randomness."""
    return PREFIX + random + _checksum(random)


def is_wellformed(secret: str) -> bool:
    """Whether the prefix, the length and the checksum are those of a secret that we made."""
    random = secret[len(PREFIX) : len(PREFIX) + RANDOM]
    return (
        len(secret) == len(PREFIX) + RANDOM + CHECKSUM
        and secret.startswith(PREFIX)
        and secret.isascii()
        and secret.endswith(_checksum(random))
    )


class ApiSecrets:
    """Hashes of API secrets under the key of this server."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def hash_of(self, secret: str) -> str:
        """Return the hash of a secret that is stored: 64 hexadecimal characters."""
        return hmac.digest(self._key, secret.encode(), sha256).hex()

    def fits(self, secret: str, *stored: str) -> bool:
        """Whether the secret is one of those stored, each compared in constant time."""
        hashed = self.hash_of(secret)
        return any(hmac.compare_digest(hashed, one) for one in stored)


def fingerprint(stored: str) -> str:
    """Return what names a stored hash in a token that anybody can read: 16 hexadecimal characters of a hash of it."""
    return sha256(stored.encode()).hexdigest()[:16]


def _checksum(random: str) -> str:
    value = crc32(random.encode())
    digits = ""
    for _ in range(CHECKSUM):
        value, digit = divmod(value, 62)
        digits = _ALPHABET[digit] + digits
    return digits
