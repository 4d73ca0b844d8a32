"""Test mode: lets the test suites of FreeSewing's clients skip mail. Settings refuse it in production."""

from typing import Any
from uuid import UUID

from core import email_addresses

_domain: str | None = None


def configure(enabled: bool, domain: str) -> None:
    """Whether test mode is on, and for addresses of which domain."""
    global _domain
    _domain = email_addresses.compared(f"@{domain}") if enabled else None


def applies(body: dict[str, Any], email: str) -> bool:
    """Whether this request asks for test mode, from an address that may have it."""
    # What JavaScript takes for false: FreeSewing's suite sends a text.
    is_wanted = body.get("test") not in (None, False, 0, "")
    return bool(_domain and is_wanted and email_addresses.compared(email).endswith(_domain))


def returned(confirmation_id: UUID, check: str) -> dict[str, Any]:
    """Return the members that test mode adds to a response in place of a mail: `confirmation` and `check`."""
    return {"confirmation": str(confirmation_id), "check": check}
