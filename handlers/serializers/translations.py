"""Names, notes and tags in six languages: `nameEn`, `notesEn`, `tagsEn` … in JSON, one column in tables."""

from typing import Any

from storage.schema.texts import Texts

LANGUAGES = ("de", "en", "es", "fr", "nl", "uk")
# The order in which a text in one language is looked for.
FIRST = ("en", "de", "es", "fr", "nl", "uk")
# The value of a text that is not set.
UNSET = {"name": "", "notes": "", "tags": []}
# The members in JSON of each part and language.
_MEMBERS = {(part, language): part + language.capitalize() for part in UNSET for language in LANGUAGES}


def texts_of(body: dict[str, Any]) -> Texts:
    """Return the texts in a body, and nothing for those that it leaves out.

    `name` and `notes` without a language are in English; `tags` are those of each language. A member with a language
    wins.
    """
    shared = {language: {"tags": body["tags"]} if "tags" in body else {} for language in LANGUAGES}
    shared["en"] |= {part: body[part] for part in ("name", "notes") if part in body}
    said = {
        language: shared[language]
        | {part: body[_MEMBERS[part, language]] for part in UNSET if _MEMBERS[part, language] in body}
        for language in LANGUAGES
    }
    return {language: parts for language, parts in said.items() if parts}


def members_of(texts: Texts) -> dict[str, Any]:
    """`Translations`: every part in every language, empty where there is none, and once for all languages."""
    shown = {member: texts.get(language, {}).get(part, UNSET[part]) for (part, language), member in _MEMBERS.items()}
    tags = dict.fromkeys(tag for language in FIRST for tag in shown[_MEMBERS["tags", language]])
    return {**shown, "name": _first(shown, "name"), "notes": _first(shown, "notes"), "tags": list(tags)}


def _first(shown: dict[str, Any], part: str) -> str:
    """Return the text in the first language that has one; the empty text if none has."""
    return next(filter(None, (shown[_MEMBERS[part, language]] for language in FIRST)), "")


def best(texts: Texts, language: str, part: str) -> str:
    """A name or notes in this language, or else in English; the empty text if there are neither."""
    return str(texts.get(language, {}).get(part) or texts.get("en", {}).get(part, ""))
