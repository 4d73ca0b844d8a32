"""Images for posts and for support."""

from tests.middleware.codes.case import ABSENT, Good, Wrong

GOOD: Good = {
    "upload_image": ("POST", "/images", {"type": "blog", "subId": "main", "slug": "a", "img": "AAAA"}),
}

TABLE: Wrong = [
    ("upload_image", "", "body", {}, "postBodyMissing"),
    ("upload_image", "type", "required", ABSENT, "typeMissing"),
    ("upload_image", "type", "enum", "avatar", "typeInvalid"),
    ("upload_image", "type", "type", 5, "typeInvalid"),
    ("upload_image", "subId", "required", ABSENT, "subIdMissing"),
    ("upload_image", "subId", "default", "10", "subIdInvalid"),
    ("upload_image", "subId", "default", 0, "subIdInvalid"),
    ("upload_image", "slug", "required", ABSENT, "slugMissing"),
    ("upload_image", "slug", "minLength", "", "slugMissing"),
    ("upload_image", "slug", "pattern", "../../etc", "validationFailed"),
    ("upload_image", "", "required", {"type": "blog", "subId": 1, "slug": "a"}, "imgOrUrlMissing"),
    ("upload_image", "img", "minLength", "", "imgOrUrlMissing"),
    ("upload_image", "img", "type", None, "imgOrUrlMissing"),
    ("upload_image", "url", "minLength", "", "imgOrUrlMissing"),
    ("upload_image", "url", "type", 5, "imgOrUrlMissing"),
    ("upload_image", "url", "pattern", "file:///etc/passwd", "validationFailed"),
]
