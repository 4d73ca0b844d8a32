"""The public address of this server."""


class PublicAddress:
    """Where clients reach this server."""

    def __init__(self, public_url: str) -> None:
        """`public_url` has no slash at its end."""
        self._base = public_url

    def of(self, path: str) -> str:
        """Return the whole address of a path of this server."""
        return self._base + path
