"""Where clients reach this server."""

_base = ""


def configure(public_url: str) -> None:
    """The address of this server, without a slash at its end."""
    global _base
    _base = public_url


def of(path: str) -> str:
    """The whole address of a path of this server."""
    return _base + path
