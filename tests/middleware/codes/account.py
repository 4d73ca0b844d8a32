"""The account and its data."""

from tests.middleware.codes.case import ABSENT, Good, Wrong

GOOD: Good = {
    "update_account": ("PATCH", "/account", {}),
    "configure_mfa": ("POST", "/account/mfa", {"mfa": False, "token": "123456", "password": "x"}),
    "check_username": ("POST", "/available/username", {"username": "a"}),
}

TABLE: Wrong = [
    ("update_account", "email", "type", None, "emailInvalid"),
    ("update_account", "email", "minLength", "", "emailInvalid"),
    ("update_account", "email", "maxLength", "a@" + "b." * 130 + "org", "emailInvalid"),
    ("update_account", "email", "pattern", "a@example.org,b@example.org", "emailInvalid"),
    ("update_account", "language", "type", None, "unsupportedLanguage"),
    ("update_account", "language", "enum", "", "unsupportedLanguage"),
    ("update_account", "bio", "type", None, "validationFailed"),
    ("update_account", "consent", "maximum", 4, "validationFailed"),
    ("update_account", "control", "minimum", 0, "validationFailed"),
    ("update_account", "control", "type", 1.0, "validationFailed"),
    ("update_account", "data", "type", None, "validationFailed"),
    ("update_account", "data", "maxProperties", {str(name): 1 for name in range(101)}, "validationFailed"),
    ("update_account", "password", "minLength", "7 chars", "passwordTooShort"),
    ("update_account", "password", "maxLength", "x" * 257, "validationFailed"),
    ("update_account", "confirm", "enum", "signup", "validationFailed"),
    ("update_account", "confirmation", "pattern", "x" * 36, "validationFailed"),
    ("configure_mfa", "", "body", {}, "invalidMfaSetting"),
    ("configure_mfa", "", "default", {"mfa": "on"}, "invalidMfaSetting"),
    ("configure_mfa", "", "default", {"mfa": 1}, "invalidMfaSetting"),
    ("configure_mfa", "", "default", {"mfa": None}, "invalidMfaSetting"),
    ("configure_mfa", "", "default", {"secret": "A" * 32}, "invalidMfaSetting"),
    ("configure_mfa", "token", "required", ABSENT, "mfaTokenMissing"),
    ("configure_mfa", "token", "minLength", "", "mfaTokenMissing"),
    ("configure_mfa", "token", "type", 123456, "invalidMfaSetting"),
    ("configure_mfa", "password", "required", ABSENT, "passwordMissing"),
    ("configure_mfa", "password", "minLength", "", "passwordMissing"),
    ("check_username", "", "body", {}, "usernameMissing"),
    ("check_username", "username", "required", ABSENT, "usernameMissing"),
    ("check_username", "username", "minLength", "", "usernameMissing"),
    ("check_username", "username", "type", ["a"], "validationFailed"),
]
