"""Operators' command for the heaviest users, run as operators run it."""

import re

import pytest
from sqlalchemy import select

from storage.schema.tables import acts
from tests.handlers.database import execute
from tests.service import Person, Service, wait_until
from tests.test_cli import cli


def line_of(service: Service, name: str, *arguments: str) -> list[str]:
    """Return the columns of the line of `usage top` with this name; empty if there is none."""
    outcome = cli(service, "usage", "top", *arguments)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    found = [re.split(r"\s{2,}", line.strip()) for line in outcome.stdout.splitlines()]
    return next((line for line in found if name in line), [])


def test_the_heaviest_accounts_and_keys_are_listed_with_the_period_before(service: Service, alice: Person) -> None:
    key = alice.new_key(name="a busy script")
    for _ in range(40):
        key.get("/whoami")
    assert key.get("/sets/999999").status_code == 404
    wait_until(lambda: line_of(service, key.key, "keys")[4:6] == ["41", "1"], "the counts to be written")
    line = line_of(service, key.key, "keys", "--period", "day")
    assert line[:3] == [key.key, "a busy script", str(alice.id)] and line[-1] == "0"
    assert int(line[6]) > 0 and float(line[7]) > 0
    account = line_of(service, str(alice.id), "--period", "month")
    assert int(account[2]) >= 42 and account[3] == "1"
    rows = execute(service, select(acts.c.act).where(acts.c.actor_id == 0, acts.c.subject_id == 0))
    assert ("listUsage",) in [tuple(row) for row in rows]


def test_anonymous_usage_is_listed_by_network(service: Service) -> None:
    service.http.get("/curated-sets")
    wait_until(lambda: line_of(service, "127.0.0.0/24", "anonymous"), "the counts to be written")
    assert int(line_of(service, "127.0.0.0/24", "anonymous")[1]) > 0


@pytest.mark.parametrize("service", ["sqlite"], indirect=True)
def test_an_unknown_period_is_a_usage_error(service: Service) -> None:
    assert cli(service, "usage", "top", "--period", "year").returncode == 2
