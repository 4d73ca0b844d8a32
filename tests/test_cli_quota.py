"""Answering requests for higher quotas at the command line."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from commands import keys, quota
from core import document
from storage.schema.tables import acts
from tests.handlers.database import execute
from tests.service import Person, Service
from tests.test_cli import cli


def asked(who: Person) -> dict[str, Any]:
    """A request of theirs."""
    wish = {"policy": "account-day", "quota": 200_000, "purpose": "A study of fit.", "days": 30}
    reply = who.post("/quota-requests", wish)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()["request"]
    return made


def state(who: Person, request: dict[str, Any]) -> dict[str, Any]:
    """The request as its owner sees it."""
    found: dict[str, Any] = who.get(f"/quota-requests/{request['id']}").json()["request"]
    return found


def test_open_requests_are_listed_and_that_is_recorded(service: Service, alice: Person) -> None:
    request = asked(alice)
    lines = cli(service, "quota", "list").stdout.splitlines()
    (line,) = (line for line in lines if request["id"] in line)
    assert str(alice.id) in line and " 200000 " in line and line.rstrip().endswith("A study of fit.")
    rows = execute(service, select(acts.c.act).where(acts.c.actor_id == 0, acts.c.subject_id == 0))
    assert ("listQuotaRequests",) in [tuple(row) for row in rows]
    assert request["id"] not in cli(service, "quota", "list", "--state", "granted").stdout


def test_a_request_is_granted_in_part_and_its_owner_sees_the_answer(service: Service, alice: Person) -> None:
    request = asked(alice)
    outcome = cli(service, "quota", "grant", request["id"], "--quota", "150000", "--answer", "Go ahead.")
    assert (outcome.returncode, outcome.stderr) == (0, "")
    seen = state(alice, request)
    assert (seen["state"], seen["quota"], seen["days"], seen["answer"]) == ("granted", 150_000, 30, "Go ahead.")
    rows = execute(service, select(acts.c.act).where(acts.c.actor_id == 0, acts.c.subject_id == alice.id))
    assert ("decideQuotaRequest",) in [tuple(row) for row in rows]


def test_a_request_is_declined_once(service: Service, alice: Person) -> None:
    request = asked(alice)
    command = ("quota", "decline", request["id"], "--answer", "Not this year.")
    assert cli(service, *command).returncode == 0
    assert state(alice, request)["state"] == "declined"
    again = cli(service, *command)
    assert (again.returncode, again.stderr) == (1, "This request was answered already.\n")


@pytest.mark.parametrize("wrong", [["--quota", "-1"], ["--quota", "1e9"], ["--days", "0"], ["--days", "367"]])
@pytest.mark.parametrize("service", ["sqlite"], indirect=True)
def test_what_the_document_forbids_the_command_line_refuses(service: Service, wrong: list[str]) -> None:
    outcome = cli(service, "quota", "grant", str(uuid4()), "--answer", "Go ahead.", *wrong)
    assert outcome.returncode == 2 and "must be a whole number from" in outcome.stderr
    assert cli(service, "quota", "decline", str(uuid4()), "--answer", "").returncode == 2


def test_bounds_are_the_document_s() -> None:
    schemas = document.load()["components"]["schemas"]
    assert schemas["QuotaUnits"]["maximum"] == quota.MOST_UNITS
    assert schemas["QuotaDays"]["maximum"] == quota.MOST_DAYS
    assert schemas["RevocationReason"]["maxLength"] == keys.LONGEST_REASON
    assert schemas["QuotaRequest"]["properties"]["answer"]["maxLength"] == quota.LONGEST_ANSWER
