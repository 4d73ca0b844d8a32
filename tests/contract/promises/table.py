"""The table of promises as a page of the documentation."""

from collections.abc import Iterator

from tests.contract.promises import NOTHING, Promise, load
from tests.service import ROOT

PAGE = ROOT / "docs" / "promises.md"
_HEAD = """# What the document promises

All sentences of the descriptions in the [OpenAPI document](../spec/openapi.yaml) that promise behaviour. Each has the
check that verifies it on a deployment ([contract tests](contract-tests.md)), or the reason why no check can. A
sentence that occurs in several places is listed once. Statements of schemas (types, limits, required members,
error codes) are not listed: each response in each check is validated against the document.

This page is generated from `tests/contract/promises/data/` by `python -m tests.contract.promises`. A test compares
the data with the document and names each sentence that is missing or stale, and each check that does not exist.
"""


def rendered() -> str:
    """Return the page, in Markdown."""
    topics: dict[str, list[Promise]] = {}
    for promise in load():
        topics.setdefault(promise.topic, []).append(promise)
    parts = [_HEAD]
    for topic, promises in topics.items():
        if topic != NOTHING:
            parts.append(f"\n## {topic.replace('_', ' ').capitalize()}\n\n" + "\n".join(_rows(promises)) + "\n")
    return "".join(parts)


def _rows(promises: list[Promise]) -> Iterator[str]:
    yield "| promise | sentences | verified by |"
    yield "| --- | --- | --- |"
    for promise in promises:
        verified = "<br>".join(f"`{name}`" for name in promise.checks) or f"No check: {promise.reason}"
        yield f"| {promise.text} | {'<br>'.join(map(_cell, promise.sentences))} | {verified} |"


def _cell(sentence: str) -> str:
    return sentence.strip("| ").replace("|", r"\|")
