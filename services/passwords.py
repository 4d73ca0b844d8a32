"""Passwords: Argon2id for ours, and FreeSewing's scrypt (`v3`) and bcrypt (`v2`) hashes until their next sign-in.

Hashing runs in threads of its own, few at a time, so that neither the event loop nor memory suffers.
"""

import asyncio
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's recommended minimum: 19 MiB, two passes, one lane; about 22 ms on the reference machine.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
# What an unknown account's password is held against, so that it costs what a known one's does.
_NOBODYS = _hasher.hash("nobody has this password")


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether the password fits, and the new hash to store where the old one is out of date."""

    fits: bool
    upgrade: str | None = None


async def hashed(password: str) -> str:
    """The Argon2id hash of a new password."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def verify(password: str, stored: str | None) -> Verified:
    """Hold a password against a stored hash; None, for an unknown account, takes as long and never fits."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _verify, password, stored or _NOBODYS)


def kind_of(stored: str) -> str:
    """What clients know a stored hash as: `v2` for bcrypt, `v3` for all that came after."""
    return "v2" if stored.startswith("{") and json.loads(stored).get("type") == "v2" else "v3"


def _verify(password: str, stored: str) -> Verified:
    if stored.startswith("{"):
        fits = _verify_legacy(password, json.loads(stored))
        # Hash in either case: a wrong password must not be told by its time.
        upgrade = _hasher.hash(password)
        return Verified(fits, upgrade if fits else None)
    try:
        _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return Verified(False)
    return Verified(True, _hasher.hash(password) if _hasher.check_needs_rehash(stored) else None)


def _verify_legacy(password: str, stored: dict[str, Any]) -> bool:
    """FreeSewing's own: `{"type":"v3","hash","salt"}` in hexadecimal, or `{"type":"v2","data"}`."""
    if stored["type"] == "v3":
        # Known to be 64 bytes in hexadecimal; whether the salt went in as bytes or as its own text is not.
        salts = (bytes.fromhex(stored["salt"]), stored["salt"].encode())
        return any(compare_digest(_scrypt(password, salt), bytes.fromhex(stored["hash"])) for salt in salts)
    # bcrypt looks at 72 bytes and its library refuses more; the hashes were made from the first 72.
    return bcrypt.checkpw(password.encode()[:72], stored["data"].encode())


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=16384, r=8, p=1, maxmem=64 * 2**20, dklen=64)
