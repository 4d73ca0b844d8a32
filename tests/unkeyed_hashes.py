"""Search for unkeyed hashes of e-mail addresses, as an attacker with a copy of the database would."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from hashlib import md5, sha1, sha256

# A digest may be stored truncated, so only its first characters are searched for.
PREFIX_LENGTH = 24


def with_unkeyed_hash(rows: str, emails: Iterable[str]) -> list[str]:
    """Return the addresses with an unkeyed hash in the text of these rows, in any usual encoding."""
    text = rows.lower()
    return [email for email in emails if any(form[:PREFIX_LENGTH].lower() in text for form in _forms(email))]


def _forms(email: str) -> Iterable[str]:
    for make in (md5, sha1, sha256):
        digest = make(email.encode(), usedforsecurity=False).digest()
        yield from (digest.hex(), str(digest)[2:-1], b64encode(digest).decode(), urlsafe_b64encode(digest).decode())
