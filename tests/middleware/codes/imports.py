"""Imports: with the token of the test servers."""

from tests.middleware.codes.case import ABSENT, Good, Wrong
from tests.service import IMPORT_TOKEN

GOOD: Good = {
    "import_subscribers": ("POST", "/import/subscribers", {"import_token": IMPORT_TOKEN, "list": {}}),
    "import_users": ("POST", "/import/user", {"import_token": IMPORT_TOKEN, "list": []}),
    "migrate_account": (
        "POST",
        "/migrate",
        {"import_token": IMPORT_TOKEN, "password": "x", "account": {"email": "a@example.org"}},
    ),
}

TABLE: Wrong = [
    ("import_subscribers", "", "body", {}, "postBodyMissing"),
    ("import_subscribers", "list", "type", [], "validationFailed"),
    ("import_users", "", "body", {}, "postBodyMissing"),
    ("import_users", "list", "type", {}, "validationFailed"),
    ("migrate_account", "", "body", {}, "postBodyMissing"),
    ("migrate_account", "password", "required", ABSENT, "passwordMissing"),
    ("migrate_account", "password", "minLength", "", "passwordMissing"),
    ("migrate_account", "account", "type", [], "validationFailed"),
]
