"""The table of promises is complete: each sentence of the document is listed, or promises nothing."""

import re
from collections import Counter

from core import document
from tests.contract.promises import NOTHING, load
from tests.contract.promises.naming import rule
from tests.contract.promises.sentences import sentences, split
from tests.contract.promises.table import PAGE, rendered
from tests.service import ROOT

STATED = sentences(document.load())
LISTED = Counter(sentence for promise in load() for sentence in promise.sentences)
CHECKS = {
    f"{path.stem}::{name}"
    for path in (ROOT / "tests" / "contract" / "checks").glob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
}


def test_every_sentence_of_the_document_is_listed() -> None:
    missing = [
        sentence for sentence, places in STATED.items() if sentence not in LISTED and not rule(sentence, places)
    ]
    assert not missing, "add to tests/contract/promises/data, with a check or a reason:\n" + "\n".join(missing)


def test_every_listed_sentence_is_in_the_document() -> None:
    stale = [sentence for sentence in LISTED if sentence not in STATED]
    assert not stale, "the document no longer says this:\n" + "\n".join(stale)


def test_a_sentence_is_listed_once() -> None:
    assert not [sentence for sentence, times in LISTED.items() if times > 1], "remove the newer of the entries"


def test_no_sentence_is_listed_that_a_rule_covers() -> None:
    assert not [sentence for sentence in LISTED if sentence in STATED and rule(sentence, STATED[sentence])]


def test_every_promise_has_a_check_that_exists_or_a_reason() -> None:
    for promise in load():
        if promise.topic != NOTHING:
            assert bool(promise.checks) != bool(promise.reason), f"{promise.text}: either checks or a reason"
        assert set(promise.checks) <= CHECKS, f"{promise.text}: there is no {set(promise.checks) - CHECKS}"


def test_the_page_in_the_docs_is_generated_from_this() -> None:
    assert PAGE.read_text(encoding="utf-8") == rendered(), "run python -m tests.contract.promises"


def test_sentences_are_taken_from_prose_items_and_rows() -> None:
    prose = "One thing.\nAnother of level\n4. A third (e.g. this).\n"
    text = f"{prose}\n## Heading\n\n1. An\n   item.\n2. Two.\n\n| a | b |\n| --- | --- |\n| c | d |\n"
    assert list(split(text)) == [
        "One thing.",
        "Another of level 4.",
        "A third (e.g. this).",
        "An item.",
        "Two.",
        "| a | b |",
        "| c | d |",
    ]


def test_only_descriptions_are_taken() -> None:
    part = {
        "description": "Said.",
        "properties": {"description": {"description": "A member."}, "example": {"description": "Another."}},
        "example": {"description": "Not said."},
        "examples": {"one": {"description": "Nor this."}},
    }
    assert set(sentences(part)) == {"Said.", "A member.", "Another."}
