"""Operators' commands, run as operators run them."""

import csv
import json
import subprocess
from base64 import b64encode
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import delete, select

from settings import Settings
from storage.accounts import email_hash
from storage.schema.hash_keys import hash_keys
from storage.schema.tables import accounts, acts
from tests import forked
from tests.handlers.database import change_account, execute
from tests.service import PASSWORD, PATIENCE, Person, Service


def cli(service: Service, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command on the database of the service."""
    return forked.run("cli", *arguments, environment={**service.environment, **environment}, timeout=PATIENCE)


def test_a_role_can_be_given_and_lowering_it_revokes_keys_above_it_for_good(service: Service, alice: Person) -> None:
    assert cli(service, "users", "role", alice.email, "admin").returncode == 0
    high, low = alice.new_key(9), alice.new_key(2)
    lowered = cli(service, "users", "role", str(alice.id), "user", "--yes")
    assert lowered.stdout == f"Account {alice.id} (user-{alice.id}): role admin -> user, 1 API keys revoked\n"
    assert high.get("/whoami").json()["error"] == "keyRevoked"
    assert low.get("/whoami").status_code == 200
    cli(service, "users", "role", alice.email, "admin")
    assert high.get("/whoami").json()["error"] == "keyRevoked"


def test_changes_by_the_operator_are_in_the_audit_log_with_actor_0(service: Service, alice: Person) -> None:
    cli(service, "users", "role", alice.email, "tester")
    cli(service, "users", "status", alice.email, "disabled", "--yes")
    rows = execute(service, select(acts.c.actor_id, acts.c.changes).where(acts.c.subject_id == alice.id))
    assert [tuple(row) for row in rows] == [(0, {"role": ["user", "tester"]}), (0, {"status": [1, -2]})]


def test_blocking_an_account_ends_its_sessions_and_keys_at_once(service: Service, alice: Person) -> None:
    key = alice.new_key(0)
    assert cli(service, "users", "block", alice.email, "--yes").returncode == 0
    assert alice.get("/whoami").status_code == 401
    assert key.get("/whoami").json()["error"] == "keyRevoked"


def test_a_restricted_account_can_be_activated_but_its_sessions_and_keys_stay_ended(
    service: Service, alice: Person
) -> None:
    alice.patch("/account", {"password": PASSWORD})
    key = alice.new_key(1)
    alice.post("/account/restrict")
    assert cli(service, "users", "status", alice.email, "active").returncode == 0
    assert alice.get("/whoami").status_code == 401
    assert key.get("/whoami").json()["error"] == "keyRevoked"
    body = {"username": alice.email, "password": PASSWORD}
    assert service.http.post("/signin", json=body).status_code == 200


def test_seeding_again_adds_nothing_and_keeps_changes(service: Service, admin: Person) -> None:
    read = "/curated-sets/2.json"
    assert cli(service, "seed").stdout == "0 curated sets added\n"
    admin.patch("/curated-sets/2", {"height": 170})
    changed = service.http.get(read).json()
    assert cli(service, "seed").stdout == "0 curated sets added\n"
    assert service.http.get(read).json() == changed
    assert changed["height"] == 170
    admin.patch("/curated-sets/2", {"height": None})


def test_an_unknown_account_is_an_error_of_one_line(service: Service) -> None:
    outcome = cli(service, "users", "role", "nobody@example.org", "user")
    assert (outcome.returncode, outcome.stderr) == (1, "There is no such account.\n")


def test_every_setting_is_listed(service: Service) -> None:
    listed = cli(service, "settings").stdout
    for name, field in Settings.model_fields.items():
        assert f"FREESEWING_{name.upper()}" in listed and str(field.description) in listed


@pytest.mark.parametrize("service", ["sqlite"], indirect=True)
def test_encryption_keys_can_be_replaced_without_losing_data(
    service: Service, tmp_path_factory: pytest.TempPathFactory
) -> None:
    old, new = (f"{name}:{b64encode(name.encode() * 8).decode()}" for name in ("2026", "2027"))
    secret = "s" * 40
    own = Service(tmp_path_factory.mktemp("rotation"), encryption_keys=old, secret_key=secret)
    try:
        alice = own.start().sign_up()
        made = alice.new_set(name="kept")
        assert cli(own, "reencrypt", FREESEWING_ENCRYPTION_KEYS=f"{new},{old}").stdout.split()[0] != "0"
        assert cli(own, "reencrypt", FREESEWING_ENCRYPTION_KEYS=f"{new},{old}").stdout == "0 rows rewritten\n"
        own.stop()
        own.environment["FREESEWING_ENCRYPTION_KEYS"] = new
        own.start()
        assert alice.get(f"/sets/{made['id']}").json()["set"] == made
        assert alice.get("/account").json()["account"]["email"] == alice.email
        # The account is still found by its address: the key of the hashes is encrypted under the new key.
        assert cli(own, "users", "role", alice.email, "tester").returncode == 0
    finally:
        own.close()


@pytest.mark.parametrize("service", ["sqlite"], indirect=True)
def test_unsalted_hashes_are_reported_by_migrate_and_replaced_beside_a_running_server(
    service: Service, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = Service(tmp_path_factory.mktemp("unsalted"))
    try:
        alice = own.start().sign_up()
        assert "nothing to do" in cli(own, "migrate").stdout
        digest = email_hash(alice.email)
        execute(own, delete(hash_keys))
        change_account(own, alice.id, ehash=digest, ihash=digest)
        assert "hash-addresses" in cli(own, "migrate").stdout
        outcomes = [cli(own, "hash-addresses").stdout for _ in range(2)]
        assert outcomes == ["1 rows changed\n", "0 rows changed\n"]
        assert digest not in str(execute(own, select(accounts.c.ehash, accounts.c.ihash)))
        assert cli(own, "users", "show", alice.email).returncode == 0
    finally:
        own.close()


@pytest.mark.parametrize("form", ["csv", "json"])
def test_newsletter_readers_are_listed_once_each_and_formulas_are_escaped_in_csv(
    service: Service, alice: Person, form: str
) -> None:
    formula = f"=cmd|'/c'!a{uuid4().hex[:8]}@freesewing.dev"
    asked = [{"email": email, "language": "uk", "test": True} for email in (formula, alice.email)]
    link, _ = (service.http.post("/subscriber", json=body).json()["data"] for body in asked)
    service.http.put("/subscriber", json={"id": link["id"], "ehash": link["ehash"]})
    alice.patch("/account", {"newsletter": True, "language": "uk"})
    written = cli(service, "subscribers", "--language", "uk", "--format", form).stdout
    rows = json.loads(written) if form == "json" else list(csv.DictReader(written.splitlines()))
    shown = {row["email"]: row for row in rows}
    first = formula if form == "json" else "'" + formula
    assert shown[first]["source"] == "subscriber"
    # Alice has not confirmed her subscription: the setting of her account counts.
    assert shown[alice.email] == {
        "email": alice.email,
        "language": "uk",
        "source": "account",
        "unsubscribe": f"{service.url}/ocunsub/{email_hash(alice.email)}",
    }
    assert len(shown) == len(rows)
    assert alice.email not in cli(service, "subscribers", "--language", "nl", "--format", form).stdout


@pytest.mark.parametrize("service", ["sqlite"], indirect=True)
def test_a_newsletter_without_readers_is_an_empty_list(service: Service, tmp_path: Path) -> None:
    empty = Service(tmp_path)
    assert cli(empty, "migrate").returncode == 0
    assert cli(empty, "subscribers", "--format", "json").stdout == "[]\n"
    assert cli(empty, "subscribers").stdout == "email,language,source,unsubscribe\n"
