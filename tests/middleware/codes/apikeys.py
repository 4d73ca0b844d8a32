"""API keys."""

from uuid import uuid4

from tests.middleware.codes.case import ABSENT, Good, Wrong

GOOD: Good = {
    "create_api_key": ("POST", "/apikeys", {"name": "a", "level": 1, "expiresIn": 60}),
    "revoke_api_key": ("POST", f"/apikeys/{uuid4()}/revoke", {"reason": "a"}),
    "report_leaked_api_key": ("POST", "/apikeys/leaked", {"key": "a", "secret": "b"}),
}

TABLE: Wrong = [
    ("revoke_api_key", "reason", "minLength", "", "reasonMissing"),
    ("revoke_api_key", "reason", "type", 5, "validationFailed"),
    ("report_leaked_api_key", "", "body", {}, "postBodyMissing"),
    ("report_leaked_api_key", "secret", "maxLength", "a" * 10_000, "validationFailed"),
    ("create_api_key", "", "body", {}, "postBodyMissing"),
    ("create_api_key", "name", "required", ABSENT, "nameMissing"),
    ("create_api_key", "name", "minLength", "", "nameMissing"),
    ("create_api_key", "name", "pattern", " \u200b\u3000", "nameMissing"),
    ("create_api_key", "name", "type", 5, "validationFailed"),
    ("create_api_key", "name", "maxLength", "a" * 201, "validationFailed"),
    ("create_api_key", "level", "required", ABSENT, "levelMissing"),
    ("create_api_key", "level", "type", "3", "levelNotNumeric"),
    ("create_api_key", "level", "integer", 3.0, "invalidLevel"),
    ("create_api_key", "level", "integer", 1.5, "invalidLevel"),
    ("create_api_key", "level", "type", True, "levelNotNumeric"),
    ("create_api_key", "level", "minimum", -1, "invalidLevel"),
    ("create_api_key", "level", "maximum", 10, "invalidLevel"),
    ("create_api_key", "level", "maximum", 10**399, "invalidLevel"),
    ("create_api_key", "expiresIn", "required", ABSENT, "expiresInMissing"),
    ("create_api_key", "expiresIn", "type", "60", "expiresInNotNumeric"),
    ("create_api_key", "expiresIn", "type", 1e10, "expiresInNotNumeric"),
    ("create_api_key", "expiresIn", "maximum", 31_536_001, "expiresIsHigherThanMaximum"),
    ("create_api_key", "expiresIn", "maximum", 10**399, "expiresIsHigherThanMaximum"),
    ("create_api_key", "expiresIn", "minimum", 0, "validationFailed"),
    ("create_api_key", "expiresIn", "minimum", -60, "validationFailed"),
]
