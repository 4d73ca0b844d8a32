"""Derivation of one key for each purpose from the secret key of the settings."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive(secret: str, purpose: str) -> bytes:
    """32 bytes for `purpose`; knowing one purpose's key tells nothing of another's (HKDF-SHA-256)."""
    return HKDF(SHA256(), 32, salt=None, info=b"freesewing-api " + purpose.encode()).derive(secret.encode())
