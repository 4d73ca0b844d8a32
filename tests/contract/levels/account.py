"""The account and all that it holds."""

from typing import Any

from tests.contract.levels.case import Case
from tests.handlers.reading import new_test_address
from tests.service import Person


def _account(owner: Person, _public: bool) -> dict[str, Any]:
    return {"id": owner.id}


def _pending_change(owner: Person, _public: bool) -> dict[str, Any]:
    reply = owner.patch("/account", {"email": new_test_address(), "test": True})
    assert "confirmation" in reply.json()
    return {}


def _session(owner: Person, _public: bool) -> dict[str, Any]:
    return {"id": owner.get("/account/sessions").json()["sessions"][0]["id"]}


CASES = {
    "read_account": Case(),
    "update_account": Case(body={"bio": "x"}),
    "remove_account": Case(ends=True),
    "read_email_change": Case(record=_pending_change),
    "cancel_email_change": Case(record=_pending_change, passed=204),
    "export_account": Case(),
    "restrict_account": Case(ends=True),
    "restrict_account_v3": Case(ends=True),
    "list_events": Case(),
    "list_sessions": Case(),
    "end_session": Case(record=_session, ends=True),
    "end_sessions": Case(ends=True),
    "configure_mfa": Case(body={"mfa": True}),
    # The name that is asked about is free.
    "check_username": Case(body={"username": "no such name yet"}, passed=404),
    "read_all_data": Case(record=_account, others=8),
}
