"""The JSON decoder rejects all that is not strict JSON, and decodes unusual but valid JSON."""

from typing import Any

import pytest

from core import strict_json
from core.errors import MalformedBody

GOOD = b'{"name":"a set"}'


def nested(levels: int, opening: bytes = b"[", closing: bytes = b"]", inner: bytes = b"") -> bytes:
    return opening * levels + inner + closing * levels


def lists(levels: int) -> list[Any]:
    return [lists(levels - 1)] if levels > 1 else []


MALFORMED = {
    "not UTF-8": b'{"name":"\xff"}',
    "a surrogate in UTF-8": b'{"name":"\xed\xa0\x80"}',
    "UTF-16": '{"name":"a"}'.encode("utf-16"),
    "UTF-32": '{"name":"a"}'.encode("utf-32"),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "nothing but a space": b" ",
    "a NUL byte": b"\x00",
    "a NUL byte in a string": b'{"name":"a\x00"}',
    "a line break in a string": b'{"name":"a\n"}',
    "an open object": b'{"name":"a"',
    "an open list of 100,000 levels": b"[" * 100_000,
    "a list of 50,000 levels": nested(50_000),
    "objects of 90,000 levels": nested(90_000, b'{"a":', b"}", b"1"),
    "100,000 levels in an ignored field": b'{"name":"a","x":' + nested(100_000) + b"}",
    "33 levels": b'{"name":"a","x":' + nested(32) + b"}",
    "33 levels of objects": b'{"name":"a","x":' + nested(32, b'{"a":', b"}", b"1") + b"}",
    "more than 100,000 members": b'{"name":"a","x":[' + b"1," * 100_000 + b"1]}",
    "an integer of 401 digits": b'{"name":"a","x":' + b"9" * 401 + b"}",
    "a negative integer of 401 digits": b'{"name":"a","x":-' + b"9" * 401 + b"}",
    "an integer of millions of digits": b'{"name":"a","x":' + b"9" * 11_000_000 + b"}",
    "NaN": b'{"name":"a","x":NaN}',
    "Infinity": b'{"name":"a","x":Infinity}',
    "-Infinity": b'{"name":"a","x":-Infinity}',
    "1e999": b'{"name":"a","x":1e999}',
    "-1e999": b'{"name":"a","x":-1e999}',
    "1e999 as a measurement": b'{"name":"a","measies":{"chest":1e999}}',
    "the same name twice": b'{"name":"a","name":"b"}',
    "the same name twice, once escaped": b'{"name":"a","\\u006eame":"b"}',
    "the same name twice, further in": b'{"name":"a","measies":{"chest":1,"chest":2}}',
    "a lone high surrogate": b'{"name":"\\ud83e"}',
    "a lone low surrogate": b'{"name":"\\uDD9Fx"}',
    "surrogates in the wrong order": b'{"name":"\\udd9f\\ud83e"}',
    "a lone surrogate as a name": b'{"name":"a","x":{"\\ud83e":1}}',
    "a comma too many": b'{"name":"a",}',
    "single quotes": b"{'name':'a'}",
    "a comment": b'{"name":"a"/**/}',
    "something behind it": GOOD + b"x",
    "two values": GOOD + GOOD,
    "a leading zero": b'{"name":"a","x":01}',
    "a plus": b'{"name":"a","x":+1}',
    "no digit before the point": b'{"name":"a","x":.5}',
    "no digit behind the point": b'{"name":"a","x":1.}',
    "a form": b"name=a",
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_json_that_is_not_strict_is_rejected(content: bytes) -> None:
    with pytest.raises(MalformedBody):
        strict_json.decode(content)


ODD_BUT_GOOD: dict[str, tuple[bytes, Any]] = {
    "32 levels": (b'{"x":' + nested(31) + b"}", {"x": lists(31)}),
    "white space around it": (b' \r\n\t{"name" : "odd"} ', {"name": "odd"}),
    "integers of 400 digits": (b'{"x":[%d,-%d]}' % (10**399, 10**399), {"x": [10**399, -(10**399)]}),
    "a number of millions of digits": (b'{"x":0.' + b"1" * 11_000_000 + b"}", {"x": 1 / 9}),
    "an integer beyond 64 bits": (b'{"x":18446744073709551616}', {"x": 2**64}),
    "a number beyond 64 bits": (b'{"x":1e30}', {"x": 1e30}),
    "a whole pair of surrogates": (b'{"x":"\\ud83e\\uddf5"}', {"x": "\N{SPOOL OF THREAD}"}),
    "a pair and an integer beyond all floats": (
        b'{"x":"\\ud83e\\uddf5","y":' + b"9" * 400 + b"}",
        {"x": "\N{SPOOL OF THREAD}", "y": 10**400 - 1},
    ),
    "an escaped backslash before ud800": (b'{"x":"\\\\ud800"}', {"x": "\\ud800"}),
    "a name with NUL": (b'{"\\u0000":1}', {"\0": 1}),
    "a colon in a string": (b'{"x":"a:b"}', {"x": "a:b"}),
    "colons in names and in strings of lists": (b'{"a:":1,"b":["::",{"c:":2}]}', {"a:": 1, "b": ["::", {"c:": 2}]}),
    "an escaped colon": (b'{"a":1,"b":"\\u003A"}', {"a": 1, "b": ":"}),
    "exactly 100,000 members": (b'{"x":[' + b"1," * 99_997 + b"1]}", {"x": [1] * 99_998}),
}


@pytest.mark.parametrize(("content", "value"), ODD_BUT_GOOD.values(), ids=ODD_BUT_GOOD)
def test_unusual_but_valid_json_is_decoded(content: bytes, value: Any) -> None:
    assert strict_json.decode(content) == value
