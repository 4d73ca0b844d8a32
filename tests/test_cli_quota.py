"""Operators' commands for quota requests, run as operators run them."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from storage.schema.tables import acts
from tests.handlers.database import execute
from tests.service import Person, Service
from tests.test_cli import cli


def new_request(owner: Person) -> dict[str, Any]:
    """Create a quota request as this person."""
    wish = {"policy": "account-day", "quota": 200_000, "purpose": "A study of fit.", "days": 30}
    reply = owner.post("/quota-requests", wish)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()["request"]
    return made


def read_request(owner: Person, request: dict[str, Any]) -> dict[str, Any]:
    """Return the request as its owner reads it."""
    found: dict[str, Any] = owner.get(f"/quota-requests/{request['id']}").json()["request"]
    return found


def test_open_requests_are_listed_and_the_audit_log_has_it(service: Service, alice: Person) -> None:
    request = new_request(alice)
    lines = cli(service, "quota", "list").stdout.splitlines()
    (line,) = (line for line in lines if request["id"] in line)
    assert str(alice.id) in line and " 200000 " in line and line.rstrip().endswith("A study of fit.")
    rows = execute(service, select(acts.c.act).where(acts.c.actor_id == 0, acts.c.subject_id == 0))
    assert ("listQuotaRequests",) in [tuple(row) for row in rows]
    assert request["id"] not in cli(service, "quota", "list", "--state", "granted").stdout


def test_a_request_is_granted_in_part_and_its_owner_reads_the_answer(service: Service, alice: Person) -> None:
    request = new_request(alice)
    outcome = cli(service, "quota", "grant", request["id"], "--quota", "150000", "--answer", "Go ahead.")
    assert (outcome.returncode, outcome.stderr) == (0, "")
    seen = read_request(alice, request)
    assert (seen["state"], seen["quota"], seen["days"], seen["answer"]) == ("granted", 150_000, 30, "Go ahead.")
    rows = execute(service, select(acts.c.act).where(acts.c.actor_id == 0, acts.c.subject_id == alice.id))
    assert ("decideQuotaRequest",) in [tuple(row) for row in rows]


def test_a_request_is_declined_once(service: Service, alice: Person) -> None:
    request = new_request(alice)
    command = ("quota", "decline", request["id"], "--answer", "Not this year.")
    assert cli(service, *command).returncode == 0
    assert read_request(alice, request)["state"] == "declined"
    again = cli(service, *command)
    assert (again.returncode, again.stderr) == (1, "This request is already decided.\n")


@pytest.mark.parametrize("wrong", [["--quota", "-1"], ["--quota", "1e9"], ["--days", "0"], ["--days", "367"]])
@pytest.mark.parametrize("service", ["sqlite"], indirect=True)
def test_values_beyond_the_bounds_of_the_document_are_usage_errors(service: Service, wrong: list[str]) -> None:
    outcome = cli(service, "quota", "grant", str(uuid4()), "--answer", "Go ahead.", *wrong)
    assert outcome.returncode == 2 and f"Invalid value for '{wrong[0]}'" in outcome.stderr
    assert cli(service, "quota", "decline", str(uuid4()), "--answer", "").returncode == 2
