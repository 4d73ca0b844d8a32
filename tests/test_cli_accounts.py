"""Operators' commands that list, export and remove accounts, run as operators run them."""

import json
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import select

from storage.schema.tables import acts
from tests.handlers.database import execute
from tests.service import ROOT, Person, Service
from tests.test_cli import cli


def acts_on(service: Service, user_id: int) -> list[tuple[int, str]]:
    """What the audit log has on an account: the actor and the act of each row."""
    rows = execute(service, select(acts.c.actor_id, acts.c.act).where(acts.c.subject_id == user_id))
    return [(row.actor_id, row.act) for row in rows]


def answered(service: Service, answer: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command at a terminal where this is typed."""
    ours, terminal = pty.openpty()
    os.write(ours, answer.encode() + b"\n")
    try:
        return subprocess.run(
            [sys.executable, "cli.py", *arguments],
            cwd=ROOT,
            env=service.environment,
            stdin=terminal,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(terminal)


def without_counts(export: dict[str, Any]) -> dict[str, Any]:
    """An export without what the server counts meanwhile."""
    return {name: value for name, value in export.items() if name not in ("account", "sessions")}


def test_accounts_are_listed_a_page_at_a_time_and_that_is_recorded(
    service: Service, alice: Person, bob: Person
) -> None:
    first = cli(service, "users", "list", "--after", str(alice.id - 1), "--limit", "1")
    assert [line.split()[0] for line in first.stdout.splitlines()] == ["account", str(alice.id)]
    assert alice.email in first.stdout and first.stderr == f"more: --after {alice.id}\n"
    assert bob.email in cli(service, "users", "list", "--after", str(alice.id)).stdout
    assert acts_on(service, alice.id) == [(0, "searchUsers")]
    for wrong in ("0", "1001", "x"):
        assert cli(service, "users", "list", "--limit", wrong).returncode == 2


def test_accounts_are_listed_by_role_and_status(service: Service, alice: Person, bob: Person) -> None:
    cli(service, "users", "role", alice.email, "curator")
    after = ("--after", str(alice.id - 1))
    listed = cli(service, "users", "list", *after, "--role", "curator", "--status", "active").stdout
    assert alice.email in listed and bob.email not in listed
    assert alice.email not in cli(service, "users", "list", *after, "--status", "disabled").stdout


def test_an_account_is_exported_as_its_owner_exports_it(service: Service, alice: Person, tmp_path: Path) -> None:
    alice.new_set(name="to keep")
    alice.new_key(name="a script")
    there = alice.get("/account/export").json()["export"]["url"]
    expected = service.http.get(there).json()
    exported = json.loads(cli(service, "users", "export", alice.email).stdout)
    assert without_counts(exported) == without_counts(expected) and exported["sets"][0]["name"] == "to keep"
    assert exported["account"]["email"] == alice.email
    file = tmp_path / "alice.json"
    told = cli(service, "users", "export", str(alice.id), "--output", str(file))
    assert told.stdout == f"{file} written\n" and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert without_counts(json.loads(file.read_text())) == without_counts(expected)
    assert cli(service, "users", "export", str(alice.id), "--output", str(file)).returncode == 1
    assert acts_on(service, alice.id) == [(0, "readData")] * 2


def test_an_account_is_removed_with_all_that_it_owns_once_that_is_confirmed(service: Service, alice: Person) -> None:
    made = alice.new_set(public=True)
    for refused in (
        cli(service, "users", "remove", alice.email),
        answered(service, "n", "users", "remove", alice.email),
    ):
        assert refused.returncode == 1 and "Nothing was changed." in refused.stderr
    assert alice.get("/whoami").status_code == 200
    removed = answered(service, "y", "users", "remove", alice.email)
    assert removed.returncode == 0 and f"Account {alice.id} " in removed.stdout and "removed" in removed.stdout
    assert alice.get("/whoami").status_code == 401
    assert service.http.get(f"/sets/{made['id']}.json").status_code == 404
    assert acts_on(service, alice.id) == [(0, "removeUser")]
    again = cli(service, "users", "remove", str(alice.id), "--yes")
    assert (again.returncode, again.stderr) == (1, "There is no such account.\n")


def test_only_what_takes_something_away_asks(service: Service, alice: Person) -> None:
    assert cli(service, "users", "role", alice.email, "curator").returncode == 0
    assert cli(service, "users", "status", alice.email, "active").returncode == 0
    for asking in (("role", alice.email, "user"), ("status", alice.email, "disabled"), ("block", alice.email)):
        refused = cli(service, "users", *asking)
        assert refused.returncode == 1 and "--yes" in refused.stderr
    same = cli(service, "users", "role", alice.email, "curator")
    assert same.stdout == f"Account {alice.id} (user-{alice.id}): role was curator before, nothing is changed\n"
