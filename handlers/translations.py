"""Names, notes and tags in six languages: `nameEn`, `notesEn`, `tagsEn` … on the wire, `storage.texts` behind it."""

from typing import Any

from storage.texts import Texts

LANGUAGES = ("de", "en", "es", "fr", "nl", "uk")
# What a text is where nobody has written one.
UNSET = {"name": "", "notes": "", "tags": []}


def texts_of(body: dict[str, Any]) -> Texts:
    """What a body says, and nothing of what it leaves out."""
    said = {
        language: {part: body[_member(part, language)] for part in UNSET if _member(part, language) in body}
        for language in LANGUAGES
    }
    return {language: parts for language, parts in said.items() if parts}


def members_of(texts: Texts) -> dict[str, Any]:
    """`Translations`: every part in every language, the empty text or list where there is none."""
    return {
        _member(part, language): texts.get(language, {}).get(part, unset)
        for part, unset in UNSET.items()
        for language in LANGUAGES
    }


def best(texts: Texts, language: str, part: str) -> str:
    """A name or notes in this language, or else in English; the empty text if there are neither."""
    return str(texts.get(language, {}).get(part) or texts.get("en", {}).get(part, ""))


def _member(part: str, language: str) -> str:
    return part + language.capitalize()
