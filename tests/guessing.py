"""What the reader of a stolen database can look for: the hash without a key of an address that they know."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from hashlib import md5, sha1, sha256

# Digests are looked for by their beginning: they may be stored cut off.
BEGINNING = 24


def guessed(rows: str, emails: Iterable[str]) -> list[str]:
    """The addresses of which a hash without a key is in the text of these rows, in any usual form."""
    text = rows.lower()
    return [email for email in emails if any(form[:BEGINNING].lower() in text for form in _forms(email))]


def _forms(email: str) -> Iterable[str]:
    for make in (md5, sha1, sha256):
        digest = make(email.encode(), usedforsecurity=False).digest()
        yield from (digest.hex(), str(digest)[2:-1], b64encode(digest).decode(), urlsafe_b64encode(digest).decode())
