"""Imports from version 2: off unless the operator has set a token, which the importing client must send."""

from hmac import compare_digest

from core.errors import AuthenticationFailed, NotEnabled


class Imports:
    """The token of imports from version 2."""

    def __init__(self, token: str) -> None:
        """An empty token turns imports off."""
        self._token = token

    def admit(self, token: str) -> None:
        """Raise NotEnabled where imports are off, and AuthenticationFailed for a wrong token."""
        if not self._token:
            raise NotEnabled("Imports are not enabled on this server.")
        if not compare_digest(token.encode(), self._token.encode()):
            raise AuthenticationFailed("The import token is wrong.")
