"""The newsletter."""

from uuid import uuid4

from tests.middleware.codes.case import ABSENT, Good, Wrong

GOOD: Good = {
    "subscribe": ("POST", "/subscriber", {"email": "new@example.org", "language": "en"}),
    "confirm_subscription": ("PUT", "/subscriber", {"id": str(uuid4()), "ehash": "0" * 64}),
    "unsubscribe_v3": ("DELETE", "/subscriber", {"id": str(uuid4()), "ehash": "0" * 64}),
    "request_unsubscription": ("POST", "/subscriber/remove", {"email": "new@example.org"}),
}

TABLE: Wrong = [
    ("subscribe", "", "body", {}, "emailMissing"),
    ("subscribe", "email", "required", ABSENT, "emailMissing"),
    ("subscribe", "email", "required", "", "emailMissing"),
    ("subscribe", "email", "type", 5, "emailInvalid"),
    ("subscribe", "email", "minLength", "a@b", "emailInvalid"),
    ("subscribe", "email", "maxLength", "a@" + "b." * 130 + "org", "emailInvalid"),
    ("subscribe", "email", "pattern", "a@example.org\r\nBcc: b@example.org", "emailInvalid"),
    ("request_unsubscription", "", "body", {}, "emailMissing"),
    ("request_unsubscription", "email", "required", ABSENT, "emailMissing"),
    ("request_unsubscription", "email", "required", "", "emailMissing"),
    ("request_unsubscription", "email", "type", 5, "emailInvalid"),
    ("request_unsubscription", "email", "minLength", "a@b", "emailInvalid"),
    ("request_unsubscription", "email", "maxLength", "a@" + "b." * 130 + "org", "emailInvalid"),
    ("request_unsubscription", "email", "pattern", "a@example.org\r\nBcc: b@example.org", "emailInvalid"),
    ("subscribe", "language", "required", ABSENT, "languageMissing"),
    ("subscribe", "language", "type", 5, "unsupportedLanguage"),
    ("subscribe", "language", "minLength", "e", "unsupportedLanguage"),
    ("subscribe", "language", "maxLength", "eng", "unsupportedLanguage"),
    ("subscribe", "language", "pattern", "it", "unsupportedLanguage"),
    ("confirm_subscription", "", "body", {}, "idMissing"),
    ("confirm_subscription", "id", "required", ABSENT, "idMissing"),
    ("confirm_subscription", "id", "minLength", "", "idMissing"),
    ("confirm_subscription", "id", "maxLength", "a" * 101, "validationFailed"),
    ("confirm_subscription", "id", "type", 5, "validationFailed"),
    ("confirm_subscription", "ehash", "required", ABSENT, "ehashMissing"),
    ("confirm_subscription", "uuid", "minLength", "", "idMissing"),
    ("confirm_subscription", "uuid", "maxLength", "a" * 101, "validationFailed"),
    ("confirm_subscription", "uuid", "type", 5, "validationFailed"),
    ("confirm_subscription", "ehash", "minLength", "", "ehashMissing"),
    ("confirm_subscription", "ehash", "maxLength", "a" * 101, "validationFailed"),
    ("confirm_subscription", "ehash", "type", 5, "validationFailed"),
    ("unsubscribe_v3", "id", "minLength", "", "idMissing"),
    ("unsubscribe_v3", "id", "maxLength", "a" * 101, "validationFailed"),
    ("unsubscribe_v3", "id", "type", 5, "validationFailed"),
    ("unsubscribe_v3", "ehash", "minLength", "", "ehashMissing"),
    ("unsubscribe_v3", "ehash", "maxLength", "a" * 101, "validationFailed"),
    ("unsubscribe_v3", "ehash", "type", 5, "validationFailed"),
]
