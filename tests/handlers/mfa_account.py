"""An account with multi-factor authentication."""

from typing import Any

import httpx2
import pyotp

from tests.handlers.database import change_account
from tests.service import PASSWORD, Person

FAILED = (401, "signInFailed")
WIDE = "".join(chr(0xFF10 + digit) for digit in range(1, 7))  # 123456, as East Asian keyboards type it


class MfaAccount:
    """An account with multi-factor authentication, and its authenticator app."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.service = person.service
        self.person.patch("/account", {"password": PASSWORD})
        self.totp = pyotp.TOTP(new_secret(person)["secret"])
        self.first_code = self.totp.now()
        reply = person.post("/account/mfa", {"mfa": True, "secret": self.totp.secret, "token": self.first_code})
        assert reply.status_code == 200
        assert reply.json()["account"]["mfaEnabled"] is True
        self.scratch_codes: list[str] = reply.json()["scratchCodes"]

    def code(self) -> str:
        """Return a current code, and allow it although a code of this period was used."""
        change_account(self.service, self.person.id, mfa_step=0)
        return self.totp.now()

    def sign_in(self, password: str = PASSWORD, **token: Any) -> httpx2.Response:
        """Sign in."""
        return self.service.http.post("/signin", json={"username": self.person.email, "password": password, **token})

    def disable(self, password: str, token: str) -> httpx2.Response:
        """Turn it off."""
        return self.person.post("/account/mfa", {"mfa": False, "password": password, "token": token})

    def is_on(self) -> bool:
        """What the account says."""
        return bool(self.person.get("/account").json()["account"]["mfaEnabled"])


def new_secret(person: Person) -> dict[str, str]:
    """Return the TOTP secret and its QR code."""
    reply = person.post("/account/mfa", {"mfa": True})
    assert reply.status_code == 200
    handed: dict[str, str] = reply.json()["mfa"]
    return handed
