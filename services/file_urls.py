"""Folders as settings name them."""

from pathlib import Path
from urllib.parse import unquote


def folder_of(url: str) -> Path | None:
    """The folder of a `file:` URL, None for any other.

    `file:folder` and `file:/folder` are taken as they are; `file:///folder`, a proper URL, has its escapes resolved.
    """
    scheme, _, rest = url.partition(":")
    if scheme != "file":
        return None
    return Path(unquote(rest[2:]) if rest.startswith("//") else rest).absolute()
