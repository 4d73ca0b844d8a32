"""Patterns."""

from tests.middleware.codes.case import ABSENT, Good, Wrong

GOOD: Good = {
    "create_pattern": ("POST", "/patterns", {"design": "aaron", "settings": {}}),
    "update_pattern": ("PATCH", "/patterns/1", {}),
}

TABLE: Wrong = [
    ("create_pattern", "", "body", {}, "postBodyMissing"),
    ("create_pattern", "design", "required", ABSENT, "designMissing"),
    ("create_pattern", "design", "minLength", "", "designMissing"),
    ("create_pattern", "design", "type", 5, "designNotStringy"),
    ("create_pattern", "design", "type", ["aaron"], "designNotStringy"),
    ("create_pattern", "design", "pattern", "a\nb", "validationFailed"),
    ("create_pattern", "design", "maxLength", "a" * 101, "validationFailed"),
    ("create_pattern", "settings", "required", ABSENT, "settingsNotAnObject"),
    ("create_pattern", "settings", "required", None, "settingsNotAnObject"),
    ("create_pattern", "settings", "type", [], "settingsNotAnObject"),
    ("create_pattern", "settings", "type", "{}", "settingsNotAnObject"),
    ("create_pattern", "data", "type", None, "dataNotAnObject"),
    ("create_pattern", "data", "type", [], "dataNotAnObject"),
    ("create_pattern", "name", "type", 5, "validationFailed"),
    ("create_pattern", "notes", "pattern", "a\0", "validationFailed"),
    ("create_pattern", "public", "type", 1, "validationFailed"),
    ("create_pattern", "set", "oneOf", 1.5, "setUnknown"),
    ("create_pattern", "set", "oneOf", "mine", "setUnknown"),
    ("create_pattern", "set", "oneOf", {"name": "mine"}, "setUnknown"),
    ("create_pattern", "set", "oneOf", {"id": "mine"}, "setUnknown"),
    ("create_pattern", "set", "oneOf", 10**30, "setUnknown"),
    ("create_pattern", "cset", "oneOf", True, "csetUnknown"),
    ("create_pattern", "cset", "oneOf", [], "csetUnknown"),
    ("update_pattern", "settings", "type", None, "settingsNotAnObject"),
    ("update_pattern", "data", "type", "", "dataNotAnObject"),
    ("update_pattern", "public", "type", None, "validationFailed"),
]
