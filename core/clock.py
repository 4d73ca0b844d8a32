"""The clock and random ids: the only source of both, so that tests can replace them."""

import secrets
import time
from datetime import UTC, datetime
from uuid import UUID

import uuid_utils
from uuid_utils.compat import uuid4


def now() -> datetime:
    """Return the present, UTC, in whole milliseconds: stored and returned times are equal."""
    return datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1000, UTC)


def day(moment: datetime) -> datetime:
    """Return the midnight (UTC) at which the day of this moment began."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def epoch() -> float:
    """Return the present in seconds since the epoch."""
    return time.time()


def iso(moment: datetime | str) -> str:
    """Return the moment in ISO 8601, in UTC with milliseconds and `Z`; a text, which is in this form, as it is.

    Records that are read for a response in JSON may have their times as text: see `Fetched.records`.
    """
    return moment if isinstance(moment, str) else moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def iso_or_none(moment: datetime | None) -> str | None:
    """Return the same; None for None."""
    return None if moment is None else iso(moment)


def minute(moment: datetime) -> str:
    """Return the moment for a mail, the same in every language: `2026-11-20 12:00 UTC`."""
    return f"{iso(moment)[:16].replace('T', ' ')} UTC"


def new_uuid() -> UUID:
    """Return a random UUID (version 4). `uuid.uuid4` releases the GIL for a system call, and waits for it then."""
    return uuid4()


def new_request_id() -> str:
    """Return the text of a random UUID (version 4)."""
    return str(uuid_utils.uuid4())


def new_check() -> str:
    """Return an unguessable string for links in mails: 40 hexadecimal characters, 160 bits."""
    return secrets.token_hex(20)
