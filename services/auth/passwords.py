"""Passwords: Argon2id for ours, and FreeSewing's scrypt (`v3`) and bcrypt (`v2`) hashes until their next sign-in.

Hashing runs in threads of its own, few at a time, so that neither the event loop nor memory suffers.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from hmac import compare_digest
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.auth.response_times import pace
from storage.hash_costs import Kinds

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
# OWASP's recommended minimum: 19 MiB, two passes, one lane; about 22 ms on the reference machine.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
# What an unknown account's password is held against, so that it costs what a known one's does.
_NOBODYS = _hasher.hash("nobody has this password")


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether the password fits, the new hash to store in place of an outdated one, and what the work was.

    `waited` is the wait for a thread, in seconds by the clock of `pace`: the same whatever account it is. `done` is
    the kind of the old hash by which the password was verified.
    """

    fits: bool
    upgrade: str | None = None
    waited: float = field(default=0.0, compare=False)
    done: Kinds = field(default=Kinds(), compare=False)


def is_common(password: str) -> bool:
    """Return whether the password, in any case, is one of the 10,000 most common.

    The list has passwords of 8 and more characters only: shorter ones are rejected anyway.
    """
    return password.strip().lower() in _common()


@cache
def _common() -> frozenset[str]:
    # 4,000 words: half a megabyte from the first new password on (docs/decisions/037).
    lines = (Path(__file__).parent / "data" / "common_passwords.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


async def hashed(password: str) -> str:
    """The Argon2id hash of a new password."""
    return await in_turn(argon2, password)


async def verify(password: str, stored: str | None) -> Verified:
    """Verify a password by a stored hash; None, for an unknown account, takes as long and never fits."""
    return await in_turn(_verify, password, stored or _NOBODYS, pace.now())


async def verify_nothing() -> Verified:
    """Fail without work, after having waited for a thread as verifications do."""
    asked = pace.now()
    return await in_turn(lambda: Verified(False, None, pace.now() - asked))


async def spend_rest(done: Kinds, stored: Kinds) -> float:
    """Do what verifications by the other old kinds would have done; return the wait for a thread, in seconds."""
    return await in_turn(_spend_rest, done, stored, pace.now()) if stored != Kinds() else 0.0


def _spend_rest(done: Kinds, stored: Kinds, asked: float) -> float:
    waited = pace.now() - asked
    if stored.scrypt and not done.scrypt:
        for salt in (b"as bytes", b"as text"):
            scrypt("", salt)
    # Each step of the cost doubles the work: from the cost that was done, these add up to the highest one.
    costs = range(done.bcrypt, stored.bcrypt) if done.bcrypt else [stored.bcrypt] * (stored.bcrypt > 0)
    for cost in costs:
        bcrypt.hashpw(b"", bcrypt.gensalt(cost))
    return waited


def old_kinds(stored: str) -> Kinds:
    """Return the kind of a hash, if it is an old one."""
    if not stored.startswith("{"):
        return Kinds()
    hashed = json.loads(stored)
    is_scrypt = hashed["type"] == "v3"
    return Kinds(0 if is_scrypt else int(hashed["data"].split("$")[2]), is_scrypt)


async def in_turn(work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """Run the work in one of the threads for passwords."""
    return await asyncio.get_running_loop().run_in_executor(_threads, partial(work, *args, **kwargs))


def argon2(password: str) -> str:
    """Return the hash of a new password. Takes 22 ms."""
    return _hasher.hash(password)


def kind_of(stored: str) -> str:
    """What clients know a stored hash as: `v2` for bcrypt, `v3` for all that came after."""
    return "v2" if stored.startswith("{") and json.loads(stored).get("type") == "v2" else "v3"


def _verify(password: str, stored: str, asked: float) -> Verified:
    waited = pace.now() - asked
    if stored.startswith("{"):
        fits = _verify_legacy(password, json.loads(stored))
        # Hash in either case: the time must not tell a wrong password.
        upgrade = argon2(password)
        return Verified(fits, upgrade if fits else None, waited, old_kinds(stored))
    try:
        _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return Verified(False, None, waited)
    return Verified(True, argon2(password) if _hasher.check_needs_rehash(stored) else None, waited)


def _verify_legacy(password: str, stored: dict[str, Any]) -> bool:
    """FreeSewing's own: `{"type":"v3","hash","salt"}` in hexadecimal, or `{"type":"v2","data"}`."""
    if stored["type"] == "v3":
        # Known to be 64 bytes in hexadecimal; whether the salt went in as bytes or as its own text is not.
        salts = (bytes.fromhex(stored["salt"]), stored["salt"].encode())
        # Both, always: a right password must do what a wrong one does.
        hashes = [scrypt(password, salt) for salt in salts]
        return any(compare_digest(each, bytes.fromhex(stored["hash"])) for each in hashes)
    # bcrypt looks at 72 bytes and its library refuses more; the hashes were made from the first 72.
    return bcrypt.checkpw(password.encode()[:72], stored["data"].encode())


def scrypt(password: str, salt: bytes) -> bytes:
    """Return FreeSewing's hash of a password, 64 bytes. Takes 35 ms."""
    return hashlib.scrypt(password.encode(), salt=salt, n=16384, r=8, p=1, maxmem=64 * 2**20, dklen=64)
