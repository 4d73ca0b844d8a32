"""Curated sets, and suggestions for them."""

from tests.middleware.codes.case import ABSENT, Good, Wrong

GOOD: Good = {
    "create_curated_set": ("POST", "/curated-sets", {"nameEn": "a"}),
    "update_curated_set": ("PATCH", "/curated-sets/1", {}),
    "clone_curated_set": ("POST", "/curated-sets/1/clone", {"language": "en"}),
    "suggest_curated_set": ("POST", "/curated-sets/suggest", {"set": 1}),
}

TABLE: Wrong = [
    ("create_curated_set", "", "body", {}, "nameEnMissing"),
    ("create_curated_set", "nameEn", "required", ABSENT, "nameEnMissing"),
    ("create_curated_set", "nameEn", "minLength", "", "nameEnMissing"),
    ("create_curated_set", "nameEn", "type", 5, "validationFailed"),
    ("create_curated_set", "nameUk", "allOf", 5, "validationFailed"),
    ("create_curated_set", "tagsUk", "allOf", "a", "validationFailed"),
    ("create_curated_set", "height", "oneOf", "tall", "validationFailed"),
    ("update_curated_set", "nameEn", "minLength", "", "nameEnMissing"),
    ("clone_curated_set", "", "body", {}, "languageMissing"),
    ("clone_curated_set", "language", "required", ABSENT, "languageMissing"),
    ("clone_curated_set", "language", "enum", "tlh", "unsupportedLanguage"),
    ("clone_curated_set", "language", "type", 5, "unsupportedLanguage"),
    ("suggest_curated_set", "", "body", {}, "postBodyMissing"),
    ("suggest_curated_set", "set", "required", ABSENT, "setUnknown"),
    ("suggest_curated_set", "set", "default", 1.5, "setUnknown"),
]
