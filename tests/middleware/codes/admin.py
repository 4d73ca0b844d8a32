"""Administration."""

from tests.middleware.codes.case import Good, Wrong

GOOD: Good = {
    "search_users": ("POST", "/admin/search/users", {"q": "a"}),
}

TABLE: Wrong = [
    ("search_users", "", "body", {}, "postBodyMissing"),
    ("search_users", "q", "minLength", "", "validationFailed"),
]
