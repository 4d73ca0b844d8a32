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


def audit_log_of(service: Service, user_id: int) -> list[tuple[int, str]]:
    """Return the actor and the act of each row about an account in the audit log."""
    rows = execute(service, select(acts.c.actor_id, acts.c.act).where(acts.c.subject_id == user_id))
    return [(row.actor_id, row.act) for row in rows]


def run_and_answer(service: Service, answer: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command at a terminal where the operator types this answer."""
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
    """Return an export without the values that the server changes meanwhile."""
    return {name: value for name, value in export.items() if name not in ("account", "sessions")}


def test_accounts_are_listed_in_pages_and_the_audit_log_has_it(service: Service, alice: Person, bob: Person) -> None:
    first = cli(service, "users", "list", "--after", str(alice.id - 1), "--limit", "1")
    assert [line.split()[0] for line in first.stdout.splitlines()] == ["account", str(alice.id)]
    assert alice.email in first.stdout and first.stderr == f"more: --after {alice.id}\n"
    assert bob.email in cli(service, "users", "list", "--after", str(alice.id)).stdout
    assert audit_log_of(service, alice.id) == [(0, "searchUsers")]
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
    url = alice.get("/account/export").json()["export"]["url"]
    expected = service.http.get(url).json()
    exported = json.loads(cli(service, "users", "export", alice.email).stdout)
    assert without_counts(exported) == without_counts(expected) and exported["sets"][0]["name"] == "to keep"
    assert exported["account"]["email"] == alice.email
    file = tmp_path / "alice.json"
    outcome = cli(service, "users", "export", str(alice.id), "--output", str(file))
    assert outcome.stdout == f"{file} written\n" and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert without_counts(json.loads(file.read_text())) == without_counts(expected)
    assert cli(service, "users", "export", str(alice.id), "--output", str(file)).returncode == 1
    assert audit_log_of(service, alice.id) == [(0, "readData")] * 2


def test_an_account_is_removed_with_everything_that_it_owns_after_confirmation(
    service: Service, alice: Person
) -> None:
    made = alice.new_set(public=True)
    for refused in (
        cli(service, "users", "remove", alice.email),
        run_and_answer(service, "n", "users", "remove", alice.email),
    ):
        assert refused.returncode == 1 and "Nothing was changed." in refused.stderr
    assert alice.get("/whoami").status_code == 200
    removed = run_and_answer(service, "y", "users", "remove", alice.email)
    assert removed.returncode == 0 and f"Account {alice.id} " in removed.stdout and "removed" in removed.stdout
    assert alice.get("/whoami").status_code == 401
    assert service.http.get(f"/sets/{made['id']}.json").status_code == 404
    assert audit_log_of(service, alice.id) == [(0, "removeUser")]
    again = cli(service, "users", "remove", str(alice.id), "--yes")
    assert (again.returncode, again.stderr) == (1, "There is no such account.\n")


def test_only_commands_that_revoke_or_remove_ask_for_confirmation(service: Service, alice: Person) -> None:
    assert cli(service, "users", "role", alice.email, "curator").returncode == 0
    assert cli(service, "users", "status", alice.email, "active").returncode == 0
    for asking in (("role", alice.email, "user"), ("status", alice.email, "disabled"), ("block", alice.email)):
        refused = cli(service, "users", *asking)
        assert refused.returncode == 1 and "--yes" in refused.stderr
    same = cli(service, "users", "role", alice.email, "curator")
    assert same.stdout == f"Account {alice.id} (user-{alice.id}): role was curator before, nothing is changed\n"
