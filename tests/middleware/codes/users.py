"""The search for users."""

from tests.middleware.codes.case import ABSENT, Good, Wrong

GOOD: Good = {
    "find_users": ("POST", "/find/users", {"match": "a"}),
}

TABLE: Wrong = [
    ("find_users", "", "body", {}, "postBodyMissing"),
    ("find_users", "match", "required", ABSENT, "validationFailed"),
    ("find_users", "match", "minLength", "", "validationFailed"),
    ("find_users", "match", "type", None, "validationFailed"),
]
