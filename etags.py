"""Entity tags (RFC 9110, 8.8.3): what a stored thing is known by, sent once and never overwritten unseen."""

from hashlib import blake2b


def of(body: bytes) -> str:
    """The strong tag of these bytes: the same bytes always have the same one, on every instance."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def names(header: str, tag: str, *, weakly: bool = False) -> bool:
    """Whether `If-Match` or, `weakly`, `If-None-Match` names this tag; `*` names every one."""
    listed = {name.strip() for name in header.split(",")}
    if weakly:
        listed = {name.removeprefix("W/") for name in listed}
    return "*" in listed or tag in listed
