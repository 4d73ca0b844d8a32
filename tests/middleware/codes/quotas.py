"""Quotas, and requests for higher ones."""

from uuid import uuid4

from tests.middleware.codes.case import Good, Wrong

GOOD: Good = {
    "set_quota": (
        "PUT",
        "/admin/quotas",
        {"user": 1, "policy": "account-day", "quota": 1, "reason": "a", "until": "2100-01-01T00:00:00.000Z"},
    ),
    "decide_quota_request": ("PATCH", f"/admin/quota-requests/{uuid4()}", {"state": "declined", "answer": "a"}),
    "create_quota_request": (
        "POST",
        "/quota-requests",
        {"policy": "account-day", "quota": 1, "purpose": "a", "days": 1},
    ),
}

TABLE: Wrong = [
    ("set_quota", "", "body", {}, "postBodyMissing"),
    ("set_quota", "quota", "minimum", -1, "validationFailed"),
    ("set_quota", "policy", "enum", "address-day", "validationFailed"),
    ("set_quota", "reason", "minLength", "", "validationFailed"),
    ("decide_quota_request", "", "body", {}, "postBodyMissing"),
    ("decide_quota_request", "state", "enum", "open", "validationFailed"),
    ("create_quota_request", "", "body", {}, "postBodyMissing"),
    ("create_quota_request", "days", "maximum", 367, "validationFailed"),
    ("create_quota_request", "purpose", "type", 5, "validationFailed"),
]
