"""Passwords: stored hashes, their verification, and their replacement by newer kinds."""

import asyncio
import json
from collections.abc import Callable
from hashlib import scrypt

import bcrypt
import pytest
from argon2 import PasswordHasher

from services.auth import passwords

PASSWORDS = ["x", "correct horse battery staple", "pässwörd 🧵", "x" * 256, " spaced ", "nul\x00byte"]
SALT = bytes(range(16))


def verify(password: str, stored: str | None) -> passwords.Verified:
    """Hold a password against a hash."""
    return asyncio.run(passwords.verify(password, stored))


def hashed(password: str) -> str:
    """A new hash."""
    return asyncio.run(passwords.hashed(password))


def _scrypt(password: str, salt: bytes) -> str:
    digest = scrypt(password.encode(), salt=salt, n=16384, r=8, p=1, maxmem=2**26, dklen=64)
    return json.dumps({"type": "v3", "hash": digest.hex(), "salt": SALT.hex()})


def _bcrypt(password: str, prefix: bytes) -> str:
    made = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4, prefix))
    return json.dumps({"type": "v2", "data": made.decode()})


LEGACY: dict[str, Callable[[str], str]] = {
    "scrypt, salt as bytes": lambda password: _scrypt(password, SALT),
    "scrypt, salt as text": lambda password: _scrypt(password, SALT.hex().encode()),
    "bcrypt 2a": lambda password: _bcrypt(password, b"2a"),
    "bcrypt 2b": lambda password: _bcrypt(password, b"2b"),
}


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_fits_its_own_hash_and_no_other(password: str) -> None:
    stored = hashed(password)
    assert verify(password, stored) == passwords.Verified(True)
    assert verify(password + "x", stored) == passwords.Verified(False)


def test_the_hash_is_argon2id_at_owasps_minimum_and_salted() -> None:
    first, second = hashed("x"), hashed("x")
    assert first != second
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("kind", LEGACY)
@pytest.mark.parametrize("password", PASSWORDS)
def test_freesewings_hash_fits_and_comes_with_its_replacement(kind: str, password: str) -> None:
    verified = verify(password, LEGACY[kind](password))
    assert verified.fits
    assert verified.upgrade is not None
    assert verify(password, verified.upgrade) == passwords.Verified(True)


@pytest.mark.parametrize("kind", LEGACY)
def test_a_wrong_password_never_brings_a_replacement(kind: str) -> None:
    for wrong in ("y", "", "X", "xx"):
        assert verify(wrong, LEGACY[kind]("x")) == passwords.Verified(False)


def test_bcrypt_looks_at_72_bytes_as_it_did_when_the_hash_was_made() -> None:
    stored = LEGACY["bcrypt 2a"]("ü" * 36 + "then anything")
    assert verify("ü" * 36 + "or something else", stored).fits
    assert not verify("ü" * 35, stored).fits


def test_an_older_strength_is_replaced_by_the_present_one() -> None:
    older = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("x")
    verified = verify("x", older)
    assert verified.fits
    assert verified.upgrade is not None
    assert verified.upgrade.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verify("y", older) == passwords.Verified(False)


@pytest.mark.parametrize("password", ["", "x", "nobody has this password"])
def test_without_a_stored_hash_only_the_dummy_password_matches(password: str) -> None:
    """What an unknown account's password is held against has a password too; the caller must look at the account."""
    assert verify(password, None).upgrade is None
    assert password == "nobody has this password" or not verify(password, None).fits


@pytest.mark.parametrize("damaged", ["nonsense", "$argon2id$v=19$m=19456", "$2b$04$abc"])
def test_a_damaged_hash_fits_nothing(damaged: str) -> None:
    assert verify("x", damaged) == passwords.Verified(False)


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        ("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", "v3"),
        ('{"type":"v3","hash":"00","salt":"00"}', "v3"),
        ('{"type":"v2","data":"$2a$10$x"}', "v2"),
    ],
)
def test_the_kind_is_what_freesewings_clients_know(stored: str, kind: str) -> None:
    assert passwords.kind_of(stored) == kind
