"""JSON decoder for RFC 8259 and I-JSON (unique names), with limits on depth and size."""

import json
import math
import re
from typing import Any

import orjson

from core.errors import MalformedBody

MOST_DEPTH = 32
# Lists and objects together hold at most this many members: what takes a moment to read must not take seconds.
MOST_MEMBERS = 100_000
# Python's conversion of an integer takes time that grows with the square of its digits.
MOST_DIGITS = 400
# A body within both takes less than 5 ms to parse and to validate.
LIGHT_BYTES, LIGHT_MEMBERS = 65_536, 1_000
# Bytes that a member of a list or an object takes, with its name and a small value.
MEMBER_BYTES = 150
HUGE = 2.0**63
_ESCAPED_COLON = b"\\u003"
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def is_light(raw: bytes | bytearray) -> bool:
    """Return whether the body can be parsed on the event loop; others belong into a thread (`services.parsing`)."""
    # Most bodies are shorter than that many members would be.
    return len(raw) <= LIGHT_MEMBERS or (len(raw) <= LIGHT_BYTES and _members(raw) <= LIGHT_MEMBERS)


def memory_of_members(raw: bytes | bytearray) -> int:
    """Return how many bytes the value takes beyond those of the body: little but for many small members."""
    return min(_members(raw), MOST_MEMBERS) * MEMBER_BYTES


def _members(raw: bytes | bytearray) -> int:
    """Return how many members the lists and objects have at most."""
    return raw.count(b",") + raw.count(b"{") + raw.count(b"[")


def decode(raw: bytes | bytearray) -> Any:
    """Return the JSON value; raise MalformedBody unless it is strict JSON (RFC 8259, I-JSON's unique names)."""
    if len(raw) > MOST_MEMBERS and _members(raw) > MOST_MEMBERS:
        raise MalformedBody(f"The body has more than {MOST_MEMBERS:,} members.")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        # The strict decoder raises an error with the reason.
        return _decode_strictly(raw)
    return value if _is_plain(value, raw) else _decode_strictly(raw)


def _is_plain(value: Any, raw: bytes | bytearray) -> bool:
    """Return whether orjson, which is ten times as fast, returned the value that the strict decoder would return.

    orjson returns the last of two members with the same name, and integers of more than 64 bits as floats. The body
    has a colon for each member that was sent and those within its strings: where no others are left, none is lost.
    """
    members, level, depth = 0, [value], 0
    while level:
        depth += 1
        inner: list[Any] = []
        for item in level:
            if type(item) is dict:
                members += len(item)
                inner += item.values()
            elif type(item) is list:
                inner += item
            elif type(item) is float and not -HUGE < item < HUGE:
                return False
        level = inner
    colons = raw.count(b":")
    return depth <= MOST_DEPTH and (members == colons or members + _colons_in_text(value, raw) == colons)


def _colons_in_text(value: Any, raw: bytes | bytearray) -> int:
    """Return how many colons the strings of a value have; 0 if one may be escaped: the body has no such colon."""
    if _ESCAPED_COLON in raw:
        return 0
    found, level = 0, [value]
    while level:
        found += sum(text.count(":") for item in level if type(item) is dict for text in item)
        found += sum(item.count(":") for item in level if type(item) is str)
        level = [inner for item in level if type(item) in (dict, list) for inner in _inside(item)]
    return found


def _inside(item: Any) -> Any:
    return item.values() if type(item) is dict else item


def _decode_strictly(raw: bytes | bytearray) -> Any:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedBody("The body is not UTF-8.") from None
    try:
        value = _decoder.decode(text)
    except RecursionError:
        raise MalformedBody(_TOO_DEEP) from None
    except ValueError as error:
        raise MalformedBody(_explain(error)) from None
    if text.count("{") + text.count("[") > MOST_DEPTH and _depth(value) > MOST_DEPTH:
        raise MalformedBody(_TOO_DEEP)
    if _SURROGATE.search(text):
        _refuse_half_pairs(value)
    return value


_TOO_DEEP = f"The body is nested deeper than {MOST_DEPTH} levels."


class _Unusable(ValueError):
    """Something that the grammar of JSON lets through and that we do not; says what."""


def _explain(error: ValueError) -> str:
    if isinstance(error, _Unusable):
        return str(error)
    if isinstance(error, json.JSONDecodeError):
        return f"The body is not JSON: line {error.lineno}, column {error.colno}."
    return "The body is not JSON."


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise _Unusable("An object has the same name twice.")
    return found


def _integer(text: str) -> int:
    if len(text) > MOST_DIGITS and len(text.removeprefix("-")) > MOST_DIGITS:
        raise _Unusable(f"An integer has more than {MOST_DIGITS} digits.")
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Unusable("A number is above 1.7e308, the largest that a double can hold.")
    return number


def _constant(text: str) -> Any:
    raise _Unusable("NaN and Infinity are not JSON.")


def _refuse_half_pairs(value: Any) -> None:
    """Raise MalformedBody where a string holds half of a surrogate pair, which the standard library lets through."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise MalformedBody("A string has an unpaired surrogate.") from None


def _depth(value: Any) -> int:
    """How deep lists and objects are nested, walked level by level so that no depth can hurt."""
    depth = 0
    level = [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [inner for item in level for inner in _inside(item)]
    return depth


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant
)
