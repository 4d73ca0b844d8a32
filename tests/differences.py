"""Differences between two JSON values, as lines with JSON pointers: what pytest prints for a failed `==`."""

from collections.abc import Iterator
from typing import Any

MOST_LINES = 20
LONGEST_VALUE = 200


def differences(left: Any, right: Any, pointer: str = "") -> Iterator[str]:
    """Yield one line for each member that differs, or that only one of the values has."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in [*left, *(name for name in right if name not in left)]:
            member = f"{pointer}/{name}"
            if name not in right:
                yield f"{member}: only left has it: {_short(left[name])}"
            elif name not in left:
                yield f"{member}: only right has it: {_short(right[name])}"
            else:
                yield from differences(left[name], right[name], member)
    elif isinstance(left, list) and isinstance(right, list):
        for place, (one, other) in enumerate(zip(left, right, strict=False)):
            yield from differences(one, other, f"{pointer}/{place}")
        if len(left) != len(right):
            yield f"{pointer or '/'}: {len(left)} items, right has {len(right)}"
    elif left != right:
        yield f"{pointer or '/'}: {_short(left)} != {_short(right)}"


def explanation(left: object, right: object) -> list[str] | None:
    """Return the lines for a failed comparison of two objects or two arrays, None for any other comparison."""
    both_objects = isinstance(left, dict) and isinstance(right, dict)
    if not both_objects and not (isinstance(left, list) and isinstance(right, list)):
        return None
    lines = list(differences(left, right))
    more = [f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return [f"{len(lines)} differences:", *lines[:MOST_LINES], *more]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"
