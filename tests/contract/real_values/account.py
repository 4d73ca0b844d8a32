"""Accounts and profiles."""

from typing import Any

from tests.contract.fuzzing import AUTHORIZATION, USERNAME, address, http, new_session


def _own(case: Any) -> None:
    case.path_parameters = {"id": USERNAME}


def _taken(case: Any) -> None:
    case.body = {**case.body, "username": USERNAME}


def _pending_change(_case: Any) -> None:
    body = {"email": address(), "test": True}
    http.patch("/account", json=body, headers={"Authorization": AUTHORIZATION})


def _session(case: Any) -> None:
    case.path_parameters = {"id": new_session()}


REAL = {
    "read_all_data": _own,
    "read_profile": _own,
    "read_profile_card": _own,
    "check_username": _taken,
    "read_email_change": _pending_change,
    "cancel_email_change": _pending_change,
    "end_session": _session,
}
ENDING = {"remove_account", "restrict_account", "restrict_account_v3", "end_sessions"}
# The fuzzer reuses ids of replies: that of its own session must not be among them.
ALWAYS = {"end_session"}
