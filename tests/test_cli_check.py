"""`python cli.py check`, run as operators run it, and commands without the settings of the service."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from services.diagnostics import checks
from services.diagnostics.checks import FAILED, OK, WARNING, Clock
from tests.databases import POSTGRES, fresh_postgres, fresh_redis
from tests.service import ROOT, Service, free_port
from tests.test_cli import cli

SECRET = "s3cr3t"
Found = dict[str, tuple[str, str, str]]


@pytest.fixture(scope="module")
def mail_server() -> Iterator[str]:
    """Start a mail server with one user, and yield its host and port."""

    controller = Controller(_Nothing(), "127.0.0.1", free_port(), authenticator=_authenticate, auth_require_tls=False)
    controller.start()
    yield f"127.0.0.1:{controller.port}"
    controller.stop()


class _Nothing:
    """A handler of a mail server that gets no mail."""


def _authenticate(_server: object, _session: object, _envelope: object, _mechanism: str, data: Any) -> AuthResult:
    is_right = data.password == b"right"
    return AuthResult(success=is_right, handled=is_right)


def checked(service: Service, **environment: str) -> tuple[int, Found]:
    """Return the exit status, and the last state, setting and detail of each check."""
    given = {f"FREESEWING_{name}": value for name, value in environment.items()}
    outcome = cli(service, "check", "--format", "json", **given)
    assert outcome.stderr == "" and SECRET not in outcome.stdout
    lines = [json.loads(line) for line in outcome.stdout.splitlines()]
    return outcome.returncode, {line["check"]: (line["state"], line["setting"], line["detail"]) for line in lines}


def test_a_service_that_works_passes_every_check(service: Service, mail_server: str) -> None:
    with fresh_redis() as redis:
        status, found = checked(service, REDIS_URL=redis, MAIL_URL=f"smtp://u:right@{mail_server}?starttls=never")
    assert {check: state for check, (state, _, _) in found.items()} == {
        "settings": OK,
        "database": OK,
        "schema": OK,
        "secrets": OK,
        "redis": OK,
        "mail": OK,
        "images": OK,
        "clock": OK,
    }
    assert status == 0
    assert found["clock"][2] == "agrees with that of Redis"
    assert found["mail"][2] == "127.0.0.1 accepts the user and the password"
    table = cli(service, "check")
    assert table.returncode == 0 and "failed" not in table.stdout and "images written" not in table.stdout
    assert not list((service.data / "images").glob("check-*"))


@pytest.mark.parametrize("service", ["sqlite"], indirect=True)
def test_each_failure_is_found_with_its_setting_and_fails_the_command(service: Service, mail_server: str) -> None:
    status, found = checked(
        service,
        PUBLIC_ULR="https://example.org",
        REDIS_URL="redis://127.0.0.1:1/0",
        MAIL_URL=f"smtp://u:{SECRET}@{mail_server}?starttls=never",
        IMAGES_URL="file:/proc/version/images",
        ENCRYPTION_KEYS=f"other:{b64encode(b'k' * 32).decode()}",
    )
    assert status == 1
    assert found["settings"][:2] == (WARNING, "FREESEWING_PUBLIC_ULR")
    assert "did you mean FREESEWING_PUBLIC_URL?" in found["settings"][2]
    failed = {check: setting for check, (state, setting, _) in found.items() if state == FAILED}
    assert failed == {
        "secrets": "FREESEWING_ENCRYPTION_KEYS",
        "redis": "FREESEWING_REDIS_URL",
        "mail": "FREESEWING_MAIL_URL",
        "images": "FREESEWING_IMAGES_URL",
    }
    assert "SMTPAuthenticationError" in found["mail"][2]


@pytest.mark.parametrize("service", ["sqlite"], indirect=True)
def test_all_invalid_settings_are_listed_at_once(service: Service) -> None:
    wrong = {"FREESEWING_PORT": "x", "FREESEWING_LIMITS": "x", "FREESEWING_XYZ": "x"}
    outcome = cli(service, "check", **wrong)
    assert outcome.returncode == 1 and "Traceback" not in outcome.stderr
    assert all(name in outcome.stdout for name in wrong)
    assert checked(service, MAIL_FROM="x")[1]["settings"][:2] == (FAILED, "FREESEWING_MAIL_FROM")


def test_a_database_without_tables_and_one_that_does_not_exist_fail(tmp_path: Path) -> None:
    new = Service(tmp_path)
    assert checked(new)[1]["database"][:2] == (FAILED, "FREESEWING_DATABASE_URL")
    with fresh_postgres() as url:
        found = checked(new, DATABASE_URL=url)[1]
        assert found["database"][0] == OK and found["schema"][:2] == (FAILED, "FREESEWING_DATABASE_URL")
        assert "cli.py migrate" in found["schema"][2]
        crowded = checked(new, DATABASE_URL=url, WORKERS="64", DATABASE_POOL="500")[1]["database"]
        assert crowded[:2] == (WARNING, "FREESEWING_DATABASE_POOL")
    place = urlsplit(POSTGRES)
    missing = f"postgresql://{place.username}@{place.hostname}:{place.port}/nowhere"
    assert "there is no database of this name" in checked(new, DATABASE_URL=missing)[1]["database"][2]


@pytest.mark.parametrize(
    ("clock", "state", "detail"),
    [
        (Clock("Redis", 1.9, 0.0), OK, "agrees with that of Redis"),
        (Clock("Redis", 4.0, 2.5), OK, "agrees with that of Redis"),
        (Clock("Redis", 5.0, 0.1), WARNING, "is 5 s behind that of Redis"),
        (Clock("PostgreSQL", -90.0, 0.1), FAILED, "is 90 s ahead of that of PostgreSQL"),
    ],
)
def test_a_clock_that_is_off_is_reported(clock: Clock, state: str, detail: str) -> None:
    (finding,) = checks.clocks([clock])
    assert finding.state == state and finding.detail.startswith(detail)


COMMANDS = [
    ("check",),
    ("settings",),
    ("seed",),
    ("subscribers",),
    ("reencrypt",),
    ("hash-addresses",),
    ("users", "list"),
    ("users", "show", "1"),
    ("keys", "list", "1"),
    ("usage", "top"),
    ("quota", "list"),
    ("mails", "list"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_without_the_settings_of_the_service_creates_nothing(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("FREESEWING_")}
    outcome = subprocess.run(
        [sys.executable, ROOT / "cli.py", *command],
        cwd=tmp_path,
        env=ours,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not list(tmp_path.iterdir())
    if command == ("settings",):
        assert outcome.returncode == 0
        return
    assert outcome.returncode == 1 and "FREESEWING_DATABASE_URL" in outcome.stdout + outcome.stderr
    assert "there is no " in outcome.stdout + outcome.stderr and "cli.py migrate" in outcome.stdout + outcome.stderr
