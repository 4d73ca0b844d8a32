"""The sentences of the document: those of every description, with the places where they stand.

A sentence is known by its text. A row of a table and an item of a list are sentences of their own; headings are none.
"""

import re
from collections.abc import Iterator
from typing import Any

# What is inside these is data, and no prose of the document.
DATA = {"example", "default", "enum"}
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`0-9])")
_ITEM = re.compile(r"\s*(?:[-*]|\d+\.)\s+")
_RULE = re.compile(r"\|(?:\s*-+\s*\|)+")


def sentences(published: dict[str, Any]) -> dict[str, list[str]]:
    """Every sentence, in the order of the document, with the places where it stands (`paths/~1sets/get`)."""
    found: dict[str, list[str]] = {}
    for place, text in _descriptions(published, ()):
        for sentence in split(text):
            found.setdefault(sentence, []).append("/".join(place))
    return found


def split(text: str) -> Iterator[str]:
    """The sentences of one description."""
    for block in _blocks(text):
        yield from [block] if block.startswith("|") else _END.split(block)


def _blocks(text: str) -> Iterator[str]:
    """Paragraphs, items and rows, each in one line."""
    lines: list[str] = []
    in_list = False
    for line in [*text.splitlines(), ""]:
        # A line amid a paragraph may begin with the number that a sentence ends with.
        item = (in_list or not lines) and _ITEM.match(line)
        ends = not line.strip() or line.startswith(("#", "|"))
        if (ends or item) and lines:
            yield " ".join(lines)
            lines = []
        in_list = bool(item) or (in_list and not ends)
        if line.startswith("|") and not _RULE.fullmatch(line.strip()):
            yield " ".join(line.split())
        elif not ends:
            lines.append(" ".join((line[item.end() :] if item else line).split()))


def _descriptions(node: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each description and its place; a property that is called `description` is no description."""
    if isinstance(node, list):
        for number, value in enumerate(node):
            name = value.get("name", number) if isinstance(value, dict) else number
            yield from _descriptions(value, (*place, str(name)))
    elif isinstance(node, dict):
        names = place[-1:] == ("properties",)
        for name, value in node.items():
            if name == "description" and isinstance(value, str) and not names:
                yield place, value
            elif names or not (name in DATA or name == "examples"):
                yield from _descriptions(value, (*place, name.replace("/", "~1")))
