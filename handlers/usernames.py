"""Which user names may be had."""

import re
from uuid import UUID

_NUMBERED = re.compile(r"user-[0-9]+")


def is_acceptable(name: str, *, user_id: int) -> bool:
    """Whether a name can be told from a number, a uuid and an address, fits in a path, and is nobody's first name.

    Every account starts as `user-<id>`: that of another may never be taken.
    """
    return (
        len(name) >= 2
        and name == name.strip()
        and name.isprintable()
        and not set(name) & {"/", "@"}
        and set(name) != {"."}
        and not name.isdigit()
        and not _is_uuid(name)
        and (not _NUMBERED.fullmatch(name.lower()) or name.lower() == f"user-{user_id}")
    )


def _is_uuid(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
