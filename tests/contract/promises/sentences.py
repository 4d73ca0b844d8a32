"""The sentences of all descriptions of the document, with their places.

A sentence is identified by its text. A table row and a list item are sentences. Headings are not.
"""

import re
from collections.abc import Iterator
from typing import Any

# The values of these members are data, not prose.
DATA = {"example", "default", "enum"}
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`0-9])")
_ITEM = re.compile(r"\s*(?:[-*]|\d+\.)\s+")
_RULE = re.compile(r"\|(?:\s*-+\s*\|)+")


def sentences(published: dict[str, Any]) -> dict[str, list[str]]:
    """Return each sentence, in the order of the document, with its places (`paths/~1sets/get`)."""
    found: dict[str, list[str]] = {}
    for place, text in _descriptions(published, ()):
        for sentence in split(text):
            found.setdefault(sentence, []).append("/".join(place))
    return found


def split(text: str) -> Iterator[str]:
    """Yield the sentences of a description."""
    for block in _blocks(text):
        yield from [block] if block.startswith("|") else _END.split(block)


def _blocks(text: str) -> Iterator[str]:
    """Yield paragraphs, list items and table rows, each as one line."""
    lines: list[str] = []
    in_list = False
    for line in [*text.splitlines(), ""]:
        # A line within a paragraph may start with a number that ends a sentence.
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
    """Yield each description with its place. A property named `description` is not a description."""
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
