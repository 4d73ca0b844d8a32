"""Comparison of user names."""

from unicodedata import normalize


def compared(name: str) -> str:
    """Return the form in which names are compared: NFKC, case folded, and NFKC again.

    Two names with the same form are the same name: `Straße` and `STRASSE`, full-width and ASCII characters.
    """
    if name.isascii():
        return name.lower()
    return normalize("NFKC", normalize("NFKC", name).casefold())
