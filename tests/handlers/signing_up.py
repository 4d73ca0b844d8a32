"""Signing up."""

from typing import Any

from tests.service import Service


def sign_up(service: Service, address: str, *, language: str = "en", **extra: Any) -> dict[str, Any]:
    """The answer to signing up with this address."""
    reply = service.http.post("/signup", json={"email": address, "language": language, **extra})
    assert reply.status_code == 201
    answer: dict[str, Any] = reply.json()
    return answer
