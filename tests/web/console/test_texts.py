"""The text tables of the console: every language has every text, with the same placeholders; none is unused."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import document
from services.mail.messages import LANGUAGES
from services.pages.service_pages import CONSOLE

TEXTS = CONSOLE / "texts"
AREAS = sorted(path.stem for path in (TEXTS / "en").glob("*.json"))
PLACEHOLDER = re.compile(r"\{\w+\}")
# The plural categories (CLDR) that whole numbers below a million have.
PLURALS = {"uk": ("one", "few", "many", "other")}
USUAL = ("one", "other")


def table(language: str, area: str) -> dict[str, str]:
    """A text table."""
    found: dict[str, str] = json.loads((TEXTS / language / f"{area}.json").read_text(encoding="utf-8"))
    return found


def keys(language: str, area: str) -> Iterator[str]:
    """The keys that this language needs."""
    for key in table("en", area):
        stem, _, form = key.rpartition(".")
        if form == "other":
            yield from (f"{stem}.{one}" for one in PLURALS.get(language, USUAL))
        elif form != "one":
            yield key


def test_the_languages_are_those_of_mails() -> None:
    assert {path.name for path in TEXTS.iterdir()} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_there_in_every_language(language: str) -> None:
    assert sorted(path.stem for path in (TEXTS / language).glob("*.json")) == AREAS
    for area in AREAS:
        texts = table(language, area)
        assert sorted(texts) == sorted(keys(language, area)), area
        assert all(text.strip() for text in texts.values()), area


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_the_placeholders_of_the_english_one(language: str) -> None:
    for area in AREAS:
        english = table("en", area)
        for key, text in table(language, area).items():
            source = english.get(key) or english[key.rpartition(".")[0] + ".other"]
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(source)), f"{area}: {key}"


def test_every_area_is_declared_and_every_text_is_used() -> None:
    declared = re.findall(
        r'^  "?([\w-]+)"?: typeof import', (CONSOLE.parent / "types" / "texts.d.ts").read_text(), re.M
    )
    assert sorted(declared) == AREAS
    code = "".join(path.read_text(encoding="utf-8") for path in _modules())
    named = set(re.findall(r'\w\.named\("([\w.]+)"', code))
    for area in AREAS:
        for key in table("en", area):
            stem, _, form = key.rpartition(".")
            quoted = stem if form in USUAL else key
            assert f'"{quoted}"' in code or stem in named, f"{area}: {key} is not used"


def test_the_document_has_every_code_with_a_sentence() -> None:
    codes = {key.removeprefix("code.") for key in table("en", "problems")}
    assert codes <= set(document.error_meanings())


def _modules() -> list[Path]:
    return sorted(CONSOLE.rglob("*.js"))
