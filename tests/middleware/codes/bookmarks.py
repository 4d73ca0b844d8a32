"""Bookmarks."""

from tests.middleware.codes.case import ABSENT, Good, Wrong

GOOD: Good = {
    "create_bookmark": ("POST", "/bookmarks", {"type": "doc", "title": "a", "url": "/"}),
    "update_bookmark": ("PATCH", "/bookmarks/1", {}),
}

TABLE: Wrong = [
    ("create_bookmark", "", "body", {}, "typeMissing"),
    ("create_bookmark", "type", "required", ABSENT, "typeMissing"),
    ("create_bookmark", "type", "required", "", "typeMissing"),
    ("create_bookmark", "type", "enum", "shop", "typeInvalid"),
    ("create_bookmark", "type", "type", 5, "typeInvalid"),
    ("create_bookmark", "title", "required", ABSENT, "titleMissing"),
    ("create_bookmark", "title", "minLength", "", "titleMissing"),
    ("create_bookmark", "title", "pattern", " \u200b\u3000", "titleMissing"),
    ("create_bookmark", "title", "type", 5, "validationFailed"),
    ("create_bookmark", "title", "maxLength", "a" * 501, "validationFailed"),
    ("create_bookmark", "url", "required", ABSENT, "urlMissing"),
    ("create_bookmark", "url", "minLength", "", "urlMissing"),
    ("create_bookmark", "url", "pattern", "https://example.org/\x00", "validationFailed"),
    ("create_bookmark", "url", "maxLength", "/" * 2_001, "validationFailed"),
    ("update_bookmark", "title", "minLength", "", "titleMissing"),
    ("update_bookmark", "title", "pattern", " \u200b\u3000", "titleMissing"),
    ("update_bookmark", "url", "minLength", "", "urlMissing"),
    ("update_bookmark", "url", "type", None, "validationFailed"),
]
