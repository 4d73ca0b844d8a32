"""Imports from version 2: off, unless the operator has set a token that whoever imports must know."""

from hmac import compare_digest

from core.errors import AuthenticationFailed, NotEnabled

_token = ""


def configure(token: str) -> None:
    """The token; empty turns imports off."""
    global _token
    _token = token


def admit(token: str) -> None:
    """Raise NotEnabled where imports are off, and AuthenticationFailed for a wrong token."""
    if not _token:
        raise NotEnabled("Imports are not enabled on this server.")
    if not compare_digest(token.encode(), _token.encode()):
        raise AuthenticationFailed("The import token is wrong.")
