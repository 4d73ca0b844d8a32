"""Administration."""

from typing import Any

from tests.contract.levels.case import Case
from tests.service import Person


def _account(owner: Person, _public: bool) -> dict[str, Any]:
    return {"id": owner.id}


CASES = {
    "search_users": Case(body={"q": "no such name"}),
    "read_user": Case(record=_account, others=8),
    "update_user": Case(record=_account, others=9),
    "impersonate_user": Case(record=_account, others=9),
    "list_subscribers": Case(),
    "list_acts": Case(),
}
