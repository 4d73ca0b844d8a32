"""Test mode: lets the test suites of FreeSewing's clients skip mail. Settings refuse it in production."""

from typing import Any

_domain: str | None = None


def configure(enabled: bool, domain: str) -> None:
    """Whether test mode is on, and for addresses of which domain."""
    global _domain
    _domain = domain.lower() if enabled else None


def applies(body: dict[str, Any], email: str) -> bool:
    """Whether this request asks for test mode, from an address that may have it."""
    return bool(_domain and body.get("test") and email.lower().endswith("@" + _domain))
