"""Ids as paths give them."""

from uuid import UUID


def record_id(text: str) -> int | UUID:
    """A record's number or uuid; the document has made sure that it is one of the two."""
    return int(text) if text.isdigit() else UUID(text)
