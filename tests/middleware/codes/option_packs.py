"""Option packs, and suggestions for them."""

from tests.middleware.codes.case import ABSENT, Good, Wrong

GOOD: Good = {
    "create_option_pack": ("POST", "/option-packs", {"nameEn": "a", "design": "a"}),
    "update_option_pack": ("PATCH", "/option-packs/1", {}),
    "suggest_option_pack": ("POST", "/option-packs/suggest", {"design": "a"}),
}

TABLE: Wrong = [
    ("create_option_pack", "", "body", {}, "nameEnMissing"),
    ("create_option_pack", "nameEn", "required", ABSENT, "nameEnMissing"),
    ("create_option_pack", "nameEn", "minLength", "", "nameEnMissing"),
    ("create_option_pack", "design", "required", ABSENT, "designMissing"),
    ("create_option_pack", "design", "minLength", "", "designMissing"),
    ("create_option_pack", "options", "type", [], "validationFailed"),
    ("update_option_pack", "nameEn", "minLength", "", "nameEnMissing"),
    ("update_option_pack", "design", "minLength", "", "designMissing"),
    ("suggest_option_pack", "", "body", {}, "postBodyMissing"),
    ("suggest_option_pack", "design", "required", ABSENT, "designMissing"),
    ("suggest_option_pack", "design", "minLength", "", "designMissing"),
]
