"""The account and all that it holds."""

from typing import Any

from tests.contract.levels.case import Case
from tests.service import Person


def _account(owner: Person, _public: bool) -> dict[str, Any]:
    return {"id": owner.id}


CASES = {
    "read_account": Case(),
    "update_account": Case(body={"bio": "x"}),
    "remove_account": Case(),
    "export_account": Case(),
    "restrict_account": Case(),
    "restrict_account_v3": Case(),
    "list_events": Case(),
    "configure_mfa": Case(body={"mfa": True}),
    # The name that is asked about is free.
    "check_username": Case(body={"username": "no such name yet"}, passed=404),
    "read_all_data": Case(record=_account, others=8),
}
