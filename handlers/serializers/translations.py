"""Names, notes and tags in six languages: `nameEn`, `notesEn`, `tagsEn` … in JSON, one column in tables."""

from typing import Any

from storage.schema.texts import Texts

LANGUAGES = ("de", "en", "es", "fr", "nl", "uk")
# The order in which a text in one language is looked for.
FIRST = ("en", "de", "es", "fr", "nl", "uk")
# The value of a text that is not set.
UNSET = {"name": "", "notes": "", "tags": []}
# Of each part the members in one language, in the order in which a text is looked for; and all of these members.
_NAMES, _NOTES, _TAGS = ([part + language.capitalize() for language in FIRST] for part in UNSET)
_MEMBERS = [
    (part + language.capitalize(), language, part, unset) for part, unset in UNSET.items() for language in LANGUAGES
]
_NONE: dict[str, Any] = {}


def texts_of(body: dict[str, Any]) -> Texts:
    """Return the texts in a body, and nothing for those that it leaves out.

    `name` and `notes` without a language are in English; `tags` are those of each language. A member with a language
    wins.
    """
    shared = {language: {"tags": body["tags"]} if "tags" in body else {} for language in LANGUAGES}
    shared["en"] |= {part: body[part] for part in ("name", "notes") if part in body}
    said = {
        language: shared[language]
        | {part: body[_member(part, language)] for part in UNSET if _member(part, language) in body}
        for language in LANGUAGES
    }
    return {language: parts for language, parts in said.items() if parts}


def members_of(texts: Texts) -> dict[str, Any]:
    """`Translations`: every part in every language, empty where there is none, and once for all languages."""
    shown = {member: texts.get(language, _NONE).get(part, unset) for member, language, part, unset in _MEMBERS}
    shown["name"], shown["notes"] = (next(filter(None, map(shown.get, members)), "") for members in (_NAMES, _NOTES))
    shown["tags"] = list(dict.fromkeys(tag for member in _TAGS for tag in shown[member]))
    return shown


def best(texts: Texts, language: str, part: str) -> str:
    """A name or notes in this language, or else in English; the empty text if there are neither."""
    return str(texts.get(language, {}).get(part) or texts.get("en", {}).get(part, ""))


def _member(part: str, language: str) -> str:
    return part + language.capitalize()
