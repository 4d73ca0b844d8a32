"""Measurement sets."""

from tests.middleware.codes.case import ABSENT, Good, Wrong

GOOD: Good = {
    "create_set": ("POST", "/sets", {"name": "a"}),
    "update_set": ("PATCH", "/sets/1", {}),
}

TABLE: Wrong = [
    ("create_set", "", "body", {}, "nameMissing"),
    ("create_set", "name", "required", ABSENT, "nameMissing"),
    ("create_set", "name", "minLength", "", "nameMissing"),
    ("create_set", "name", "pattern", " \u200b\u3000", "nameMissing"),
    ("create_set", "name", "type", {"first": "a"}, "validationFailed"),
    ("create_set", "name", "maxLength", "a" * 501, "validationFailed"),
    ("create_set", "notes", "type", None, "validationFailed"),
    ("create_set", "notes", "maxLength", "a" * 20_001, "validationFailed"),
    ("create_set", "measies", "type", [], "validationFailed"),
    ("create_set", "measies", "type", None, "validationFailed"),
    ("create_set", "measies", "maxProperties", {str(name): 1 for name in range(201)}, "validationFailed"),
    ("create_set", "imperial", "type", 1, "validationFailed"),
    ("create_set", "public", "type", "true", "validationFailed"),
    ("create_set", "img", "type", 5, "validationFailed"),
    ("create_set", "img", "type", None, "validationFailed"),
    ("update_set", "name", "minLength", "", "nameMissing"),
    ("update_set", "name", "pattern", " \u200b\u3000", "nameMissing"),
    ("update_set", "name", "type", None, "validationFailed"),
    ("update_set", "public", "type", None, "validationFailed"),
]
