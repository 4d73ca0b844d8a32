"""Translated texts of curated records: `{language: {"name": …, "notes": …, "tags": […]}}`."""

from typing import Any

Texts = dict[str, dict[str, Any]]


def merged(present: Texts, wanted: Texts) -> Texts:
    """The present texts, with those that are wanted in place of what they were."""
    return {language: {**present.get(language, {}), **wanted.get(language, {})} for language in {**present, **wanted}}
