"""Operations that the fuzzer does not call on a deployment of another operator. Reports print the reasons."""

from collections.abc import Callable
from typing import Any

from tests.contract.deployment import Deployment
from tests.contract.real_values import ENDING
from tests.contract.safety import MAILING

Operation = dict[str, Any]

# Excluded on every deployment, unless CONTRACT_ALSO names the group. It is a comma-separated list.
ASKED_FOR: dict[str, tuple[str, Callable[[Operation], bool]]] = {
    "mails": (
        "sends mails",
        lambda it: bool({"mails", "sign-ups", "staff-mails"} & set(it.get("x-limits", ()))) or _tells_by_mail(it),
    ),
    "newsletter": ("is about the newsletter", lambda it: it["tags"] == ["subscribers"]),
    "forge": ("reaches a code forge", lambda it: it["tags"] == ["flows"]),
    "imports": ("imports accounts", lambda it: it["tags"] == ["imports"]),
    "leak-reports": ("reports a leak", lambda it: it["operationId"] == "report_leaked_api_key"),
}
MOST_LEVEL = 4
# They change the account itself, or end it.
OF_THE_ACCOUNT = {"update_account", "configure_mfa", "cancel_email_change"}
# They act on the caller and name no record, so no call with an unknown id is possible.
ON_THE_CALLER = ENDING | OF_THE_ACCOUNT
LASTING = {"upload_image", "suggest_curated_set", "suggest_option_pack"}
# Each call needs an account made for it.
WITH_NEW_ACCOUNTS = {
    "confirm_sign_up",
    "update_user",
    "impersonate_user",
    "set_quota",
    "delete_quota",
    "decide_quota_request",
}


def _tells_by_mail(operation: Operation) -> bool:
    return operation["operationId"] in {
        "revoke_api_key",
        "delete_api_key",
        "restrict_account",
        "restrict_account_v3",
        "create_quota_request",
        "read_quota_request",
        "delete_quota_request",
        "decide_quota_request",
    }


def reason(there: Deployment, name: str, also: set[str]) -> str:
    """Return the reason to exclude this operation on the deployment, or an empty string."""
    operation = there.book.find(name)[2]
    if there.given and name in MAILING:
        return "sends mail to the person it names"
    for group, (why, belongs) in ASKED_FOR.items():
        if group not in also and belongs(operation):
            return f"{why} (CONTRACT_ALSO={group})"
    if there.given:
        return _for_a_given_account(name, operation)
    if there.limited and name in ENDING | WITH_NEW_ACCOUNTS:
        return "needs a new account for each call, and the deployment allows few"
    return ""


def _for_a_given_account(name: str, operation: Operation) -> str:
    if operation.get("x-level", 0) > MOST_LEVEL:
        return f"needs level {operation['x-level']}"
    if name in ENDING | WITH_NEW_ACCOUNTS:
        return "ends the account, or needs another"
    if name in OF_THE_ACCOUNT:
        return "changes the account itself"
    if name in LASTING:
        return "leaves something behind that the account cannot remove"
    if name == "sign_in":
        return "counts as failed attempts of the account with that name"
    return ""
