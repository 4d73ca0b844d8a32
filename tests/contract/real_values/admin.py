"""Administration: what changes accounts is tried on those made for it, never on the account that fuzzes."""

from typing import Any

from tests.contract.fuzzing import USERNAME, fresh_session


def _search(case: Any) -> None:
    case.body = {**case.body, "q": USERNAME}


def _own(case: Any) -> None:
    case.path_parameters = {"id": USERNAME}


def _fresh(case: Any) -> None:
    case.path_parameters = {"id": str(fresh_session()["account"]["id"])}


REAL = {"search_users": _search, "read_user": _own, "update_user": _fresh, "impersonate_user": _fresh}
ALWAYS = {"update_user", "impersonate_user"}
