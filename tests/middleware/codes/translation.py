"""Helping to translate."""

from tests.middleware.codes.case import ABSENT, Good, Wrong

GOOD: Good = {
    "invite_translator": ("POST", "/flows/translator-invite", {"language": "uk"}),
    "suggest_language": ("POST", "/flows/language-suggestion", {"language": "Esperanto"}),
}

TABLE: Wrong = [
    ("invite_translator", "", "body", {}, "postBodyMissing"),
    ("invite_translator", "language", "required", ABSENT, "languageMissing"),
    ("invite_translator", "language", "required", "", "languageMissing"),
    ("invite_translator", "language", "default", "en", "languageInvalid"),
    ("invite_translator", "language", "default", 5, "languageInvalid"),
    ("suggest_language", "", "body", {}, "postBodyMissing"),
    ("suggest_language", "language", "required", ABSENT, "languageMissing"),
    ("suggest_language", "language", "minLength", "", "languageMissing"),
    ("suggest_language", "language", "maxLength", "a" * 101, "validationFailed"),
    ("suggest_language", "correspondence", "maxLength", "a" * 201, "validationFailed"),
    ("suggest_language", "comments", "maxLength", "a" * 5001, "validationFailed"),
    ("suggest_language", "comments", "type", ["a"], "validationFailed"),
]
