"""Multi-factor authentication: time-based one-time codes (RFC 6238) and scratch codes."""

import hmac
import secrets
from datetime import datetime
from hashlib import sha256

import pyotp

STEP = 30
SCRATCH_CODES = 10
ISSUER = "FreeSewing"


def new_secret() -> str:
    """160 random bits, as RFC 4226 recommends: 32 characters of base 32."""
    return pyotp.random_base32(32)


def otpauth(secret: str, username: str) -> str:
    """The address that authenticator apps read."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def qrcode(address: str) -> str:
    """The address as an SVG drawing in the colour of the text around it."""
    import segno  # 1 MB

    drawing = segno.make(address, error="m").svg_inline(scale=4, dark="#000", omitsize=True)
    return drawing.replace('"#000"', '"currentColor"')


def matching_step(secret: str, code: str, *, now: datetime, after: int) -> int | None:
    """The time step whose code this is, one step late or early allowed; None if there is none after `after`.

    A code can be any text. It is compared as bytes, because the comparison of text rejects non-ASCII characters.

    The caller stores the step, so that a code is accepted once only.
    """
    present = int(now.timestamp()) // STEP
    totp = pyotp.TOTP(secret)
    given = code.strip().encode()
    for step in (present - 1, present, present + 1):
        if step > after and hmac.compare_digest(totp.at(step * STEP).encode(), given):
            return step
    return None


def new_scratch_codes() -> list[str]:
    """Ten codes of 50 random bits, shown once, each good for one sign-in."""
    return [
        "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(10)) for _ in range(SCRATCH_CODES)
    ]


class ScratchCodes:
    """Hashes of scratch codes under the key of this server."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def hash_of(self, code: str) -> str:
        """Return the hash of a scratch code that is stored."""
        return hmac.digest(self._key, code.strip().lower().encode(), sha256).hex()
