"""Test mode: lets the test suites of FreeSewing's clients skip mail. Settings refuse it in production."""

from typing import Any
from uuid import UUID

from core import email_addresses


class TestMode:
    """Whether test mode is on, and for addresses of which domain."""

    def __init__(self, *, enabled: bool, domain: str) -> None:
        self._domain = email_addresses.compared(f"@{domain}") if enabled else None

    def applies(self, body: dict[str, Any], email: str) -> bool:
        """Whether this request asks for test mode, from an address that may have it."""
        # What JavaScript takes for false: FreeSewing's suite sends a text.
        is_wanted = body.get("test") not in (None, False, 0, "")
        return bool(self._domain and is_wanted and email_addresses.compared(email).endswith(self._domain))


def returned(confirmation_id: UUID, check: str) -> dict[str, Any]:
    """Return the members that test mode adds to a response in place of a mail: `confirmation` and `check`."""
    return {"confirmation": str(confirmation_id), "check": check}
