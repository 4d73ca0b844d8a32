"""Accounts and profiles."""

from typing import Any

from tests.contract.fuzzing import USERNAME


def _own(case: Any) -> None:
    case.path_parameters = {"id": USERNAME}


def _taken(case: Any) -> None:
    case.body = {**case.body, "username": USERNAME}


REAL = {
    "read_all_data": _own,
    "read_profile": _own,
    "read_profile_card": _own,
    "check_username": _taken,
}
ENDING = {"remove_account", "restrict_account", "restrict_account_v3"}
