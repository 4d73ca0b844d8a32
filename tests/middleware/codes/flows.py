"""Issues, discussions and posts at the code forge."""

from tests.middleware.codes.case import ABSENT, Good, Wrong

GOOD: Good = {
    "open_post": ("POST", "/flows/pr/blog", {"slug": "a", "markdown": "# A", "language": "en"}),
    "create_issue": ("POST", "/issues", {"title": "a", "body": "b"}),
    "create_discussion": ("POST", "/discussions", {"title": "a", "body": "b"}),
}

TABLE: Wrong = [
    ("create_issue", "", "body", {}, "postBodyMissing"),
    ("create_issue", "title", "required", ABSENT, "titleMissing"),
    ("create_issue", "title", "minLength", "", "titleMissing"),
    ("create_issue", "title", "type", 5, "validationFailed"),
    ("create_issue", "body", "required", ABSENT, "bodyMissing"),
    ("create_issue", "body", "minLength", "", "bodyMissing"),
    ("create_issue", "body", "type", 5, "validationFailed"),
    ("create_issue", "title", "pattern", "   ", "validationFailed"),
    ("create_issue", "title", "pattern", "a\nb", "validationFailed"),
    ("create_issue", "body", "maxLength", "a" * 60_001, "validationFailed"),
    ("create_discussion", "", "body", {}, "postBodyMissing"),
    ("create_discussion", "title", "required", ABSENT, "titleMissing"),
    ("create_discussion", "title", "minLength", "", "titleMissing"),
    ("create_discussion", "title", "type", 5, "validationFailed"),
    ("create_discussion", "body", "required", ABSENT, "bodyMissing"),
    ("create_discussion", "body", "minLength", "", "bodyMissing"),
    ("create_discussion", "body", "type", 5, "validationFailed"),
    ("create_discussion", "title", "pattern", "   ", "validationFailed"),
    ("create_discussion", "title", "pattern", "a\nb", "validationFailed"),
    ("create_discussion", "body", "maxLength", "a" * 60_001, "validationFailed"),
    ("open_post", "", "body", {}, "postBodyMissing"),
    ("open_post", "slug", "required", ABSENT, "slugMissing"),
    ("open_post", "slug", "minLength", "", "slugMissing"),
    ("open_post", "slug", "pattern", "../x", "validationFailed"),
    ("open_post", "slug", "pattern", "Post", "validationFailed"),
    ("open_post", "slug", "pattern", "a--b", "validationFailed"),
    ("open_post", "slug", "pattern", "a\n", "validationFailed"),
    ("open_post", "slug", "maxLength", "a" * 101, "validationFailed"),
    ("open_post", "markdown", "required", ABSENT, "markdownMissing"),
    ("open_post", "markdown", "minLength", "", "markdownMissing"),
    ("open_post", "language", "required", ABSENT, "languageMissing"),
    ("open_post", "language", "enum", "tlh", "unsupportedLanguage"),
    ("open_post", "language", "type", 5, "unsupportedLanguage"),
]
