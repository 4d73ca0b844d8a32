"""JSON as RFC 8259 has it, with I-JSON's unique names, and within limits of depth and size."""

import json
import math
import re
from typing import Any

import orjson

from errors import MalformedBody

MOST_DEPTH = 32
# Lists and objects together hold at most this many members: what takes a moment to read must not take seconds.
MOST_MEMBERS = 100_000
# Beyond so many the faster way of reading is not tried: looking through what it read would cost what it saves.
MOST_PLAIN = 1_000
HUGE = 2.0**63
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def decode(raw: bytes) -> Any:
    """The JSON value; raises MalformedBody for all that is not strictly JSON (RFC 8259, I-JSON's unique names)."""
    if raw.count(b",") + raw.count(b"{") + raw.count(b"[") <= MOST_PLAIN:
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError:
            # What is wrong with it is told below.
            return _decode_strictly(raw)
        if _is_plain(value, raw.count(b":")):
            return value
    return _decode_strictly(raw)


def _is_plain(value: Any, colons: int) -> bool:
    """Whether orjson, which is ten times as fast, has read what we would have read.

    It takes the last of two members with the same name, and reads as a float what is no integer of 64 bits. There is
    at least a colon for each member that was sent: where each has one, none is lost.
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
    return members == colons and depth <= MOST_DEPTH


def _decode_strictly(raw: bytes) -> Any:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedBody("The body is not UTF-8.") from None
    if text.count(",") + text.count("{") + text.count("[") > MOST_MEMBERS:
        raise MalformedBody(f"The body has more than {MOST_MEMBERS} members.")
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
    return "The body holds a number with too many digits."


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise _Unusable("An object has the same name twice.")
    return found


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Unusable("A number is too large.")
    return number


def _constant(text: str) -> Any:
    raise _Unusable("NaN and Infinity are not JSON.")


def _refuse_half_pairs(value: Any) -> None:
    """Raise MalformedBody where a string holds half of a surrogate pair, which the standard library lets through."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise MalformedBody("A string holds half of a surrogate pair.") from None


def _depth(value: Any) -> int:
    """How deep lists and objects are nested, walked level by level so that no depth can hurt."""
    depth = 0
    level = [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return depth


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_constant)
