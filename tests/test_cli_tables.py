"""Operators' commands that show and change accounts and keys, run as operators run them."""

import os
import pty
import re
import subprocess
import sys
from uuid import uuid4

from sqlalchemy import select

from storage.schema.tables import acts
from tests.handlers.database import execute
from tests.service import ROOT, Person, Service
from tests.test_cli import cli


def fields(printed: str) -> dict[str, str]:
    """Return the fields that `show` printed: {name: value}."""
    pairs = (re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in printed.splitlines())
    return dict(pairs)


def run_at_a_terminal(service: Service, columns: int, *arguments: str) -> str:
    """Return what a command prints at a terminal with this number of columns."""
    reading, writing = pty.openpty()
    environment = {**service.environment, "COLUMNS": str(columns), "TERM": "xterm", "NO_COLOR": "1"}
    subprocess.run([sys.executable, "cli.py", *arguments], cwd=ROOT, env=environment, stdout=writing, check=True)
    os.close(writing)
    printed = b""
    try:
        while piece := os.read(reading, 65536):
            printed += piece
    except OSError:  # the other end is closed
        pass
    os.close(reading)
    return re.sub(r"\x1b\[[0-9;]*m", "", printed.decode())


def test_an_account_is_shown_and_the_audit_log_has_it(service: Service, alice: Person) -> None:
    alice.new_key()
    outcome = cli(service, "users", "show", alice.email.upper())
    assert outcome.returncode == 0
    shown = fields(outcome.stdout)
    assert (shown["number"], shown["e-mail"]) == (str(alice.id), alice.email)
    assert (shown["role"], shown["status"], shown["second factor"]) == ("user", "active", "off")
    rows = execute(service, select(acts.c.actor_id, acts.c.act).where(acts.c.subject_id == alice.id))
    assert [tuple(row) for row in rows] == [(0, "loadUser")]


def test_keys_are_listed_one_a_line_and_never_cut_in_a_pipe(service: Service, alice: Person) -> None:
    name = "a name of many words " * 9
    keys = [alice.new_key(2, name=name), alice.new_key(3)]
    lines = cli(service, "keys", "list", str(alice.id)).stdout.splitlines()
    assert lines[0].split() == ["key", "name", "level", "state", "created", "expires", "last", "seen", "calls"]
    assert [line.split()[0] for line in lines[1:]] == [key.key for key in keys]
    assert name.strip() in lines[1] and " active " in lines[1]


def test_an_account_without_keys_has_an_empty_list(service: Service, alice: Person) -> None:
    assert len(cli(service, "keys", "list", str(alice.id)).stdout.splitlines()) == 1


def test_tables_are_framed_at_a_terminal_and_no_word_is_broken(service: Service, alice: Person) -> None:
    key = alice.new_key(name="wide")
    wide = run_at_a_terminal(service, 160, "keys", "list", str(alice.id))
    assert "╭" in wide and len(wide.splitlines()) == 5 and key.key in wide
    narrow = run_at_a_terminal(service, 60, "keys", "list", str(alice.id))
    assert "╭" in narrow and key.key in narrow and "wide" in narrow
    assert max(map(len, narrow.splitlines())) <= 60
    piped = cli(service, "keys", "show", key.key).stdout
    assert "╭" not in piped and "\x1b" not in piped


def test_control_characters_and_markup_in_names_are_harmless(service: Service, alice: Person) -> None:
    key = alice.new_key(name="[red]\x1b[2J\x07\u202e:smile:")
    shown = fields(cli(service, "keys", "show", key.key).stdout)
    assert (
        shown["name"] == "[red]\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}:smile:"
    )


def test_a_key_is_revoked_with_a_reason_that_its_clients_get(service: Service, alice: Person) -> None:
    key = alice.new_key()
    assert cli(service, "keys", "revoke", key.key).returncode == 2
    assert cli(service, "keys", "revoke", key.key, "--reason", "").returncode == 2
    assert key.get("/whoami").status_code == 200
    unconfirmed = cli(service, "keys", "revoke", key.key, "--reason", "x")
    assert unconfirmed.returncode == 1 and "repeat the command with --yes" in unconfirmed.stderr
    assert key.get("/whoami").status_code == 200
    for reason, end in (("It was seen in public.", "is revoked"), ("Once is enough.", "nothing is changed")):
        outcome = cli(service, "keys", "revoke", key.key, "--reason", reason, "--yes")
        assert outcome.returncode == 0 and end in outcome.stdout
    refusal = key.get("/whoami").json()
    assert (refusal["error"], refusal["reason"]) == ("keyRevoked", "It was seen in public.")
    shown = fields(cli(service, "keys", "show", key.key).stdout)
    assert (shown["state"], shown["revoked by"], shown["reason"]) == ("revoked", "staff", "It was seen in public.")
    assert " revoked " in cli(service, "keys", "list", str(alice.id)).stdout
    rows = execute(service, select(acts.c.actor_id, acts.c.act).where(acts.c.subject_id == alice.id))
    assert [tuple(row) for row in rows] == [(0, "revokeApiKey")]
    (event, *_) = alice.get("/account/events").json()["events"]
    assert (event["event"], event["by"], event["key"]) == ("keyRevoked", "staff", key.key)


def test_an_unknown_key_is_an_error_of_one_line(service: Service) -> None:
    outcome = cli(service, "keys", "show", str(uuid4()))
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (1, "", "There is no such API key.\n")
    assert "'x' is not a valid UUID" in cli(service, "keys", "show", "x").stderr
