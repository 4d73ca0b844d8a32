"""Images to share."""

from tests.middleware.codes.case import ABSENT, Good, Wrong

GOOD: Good = {
    "draw_social_image": ("POST", "/img", {"title": "a"}),
}

TABLE: Wrong = [
    ("draw_social_image", "", "body", {}, "postBodyMissing"),
    ("draw_social_image", "title", "required", ABSENT, "titleMissing"),
    ("draw_social_image", "title", "required", "", "titleMissing"),
    ("draw_social_image", "title", "required", None, "titleMissing"),
    ("draw_social_image", "title", "maxLength", "a" * 201, "validationFailed"),
    ("draw_social_image", "intro", "maxLength", "a" * 601, "validationFailed"),
    ("draw_social_image", "type", "maxLength", "a" * 41, "validationFailed"),
    ("draw_social_image", "site", "maxLength", "a" * 101, "validationFailed"),
]
