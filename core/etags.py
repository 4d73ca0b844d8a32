"""Entity tags (RFC 9110, section 8.8.3) and the conditional headers of requests (section 13)."""

from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from werkzeug.http import parse_date, parse_etags


def of(body: bytes) -> str:
    """Return the strong tag of these bytes: the same bytes always have the same one, on every instance."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def names(header: str, tag: str) -> bool:
    """Return whether a list of tags contains this strong tag, in its weak form too, or is `*`.

    A proxy that compresses a response weakens its tag.
    """
    listed = parse_etags(header)
    # Werkzeug accepts tags without quotes, too; RFC 9110 does not.
    return listed.star_tag or (tag in header and listed.contains_weak(tag.strip('"')))


class Preconditions(NamedTuple):
    """The conditional headers of a request that changes a record."""

    if_match: str | None = None
    if_none_match: str | None = None
    if_unmodified_since: str | None = None

    def hold(self, tag: str, modified: datetime | None) -> bool:
        """Return whether the record may be changed that has this tag and was modified then (None: not known).

        The order is that of RFC 9110, section 13.2.2. A date that is none is ignored.
        """
        if self.if_match is not None:
            if not names(self.if_match, tag):
                return False
        elif not self._is_unmodified(modified):
            return False
        return self.if_none_match is None or not names(self.if_none_match, tag)

    def _is_unmodified(self, modified: datetime | None) -> bool:
        since = parse_date(self.if_unmodified_since)
        # HTTP dates have whole seconds.
        return since is None or modified is None or modified.replace(microsecond=0) <= since
