"""Mistakes of operators: the command or the server names the setting in one line, and prints no traceback."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import settings
from services import startup
from settings import SettingsInvalid
from tests import forked, templates
from tests.databases import POSTGRES, require_postgres
from tests.service import PATIENCE, ROOT, free_port, wait_until

SECRET = "s3cr3t"
SERVER = urlsplit(POSTGRES)
PLACE = f"{SERVER.hostname}:{SERVER.port}"
CANNOT_START = "freesewing-api cannot start:"
Values = dict[str, str]


def environment(data: Path, values: Values) -> dict[str, str]:
    """No setting but these, and a folder for data."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("FREESEWING_")}
    given = {f"FREESEWING_{name}": value.replace("DATA", str(data)) for name, value in values.items()}
    return {**ours, "PYTHONPATH": str(ROOT), "FREESEWING_DATA_DIR": str(data), **given}


def ended(folder: Path, values: Values, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program of this repository in a folder of its own until it ends."""
    module, *arguments = command
    return forked.run(
        module, *arguments, environment=environment(folder / "data", values), folder=folder, timeout=PATIENCE
    )


def assert_fails_with(outcome: subprocess.CompletedProcess[str], message: str) -> None:
    """The program failed with this message, and printed neither a traceback nor a secret."""
    printed = outcome.stdout + outcome.stderr
    assert outcome.returncode not in (0, None), printed
    assert message in printed
    assert "Traceback" not in printed and SECRET not in printed


# Which values are malformed: `tests/test_settings.py`, `tests/storage/test_urls.py`.
MALFORMED = [
    ({"DATABASE_URL": f"postgresql://u:{SECRET}@h:port:x/db"}, "FREESEWING_DATABASE_URL: must be sqlite:///file or"),
    ({"REDIS_URL": f"redis://:{SECRET}@h:port"}, "FREESEWING_REDIS_URL: must be redis://host:port/number"),
    ({"ENCRYPTION_KEYS": f"1:{SECRET}"}, "FREESEWING_ENCRYPTION_KEYS must be id:base64"),
]
PROGRAMS = {"app": ("app",), "cli": ("cli", "users", "show", "1"), "migrate": ("cli", "migrate")}


@pytest.mark.parametrize(
    ("values", "message", "program"), [*((*row, "app") for row in MALFORMED), (*MALFORMED[0], "cli")]
)
def test_a_malformed_setting_is_named(tmp_path: Path, values: Values, message: str, program: str) -> None:
    assert_fails_with(ended(tmp_path, values, *PROGRAMS[program]), message)
    assert not (tmp_path / "data").exists()


def write(file: str, content: bytes) -> Callable[[Path], object]:
    """Make a file with this content."""

    def made(folder: Path) -> None:
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(content)

    return made


FILES = {
    "a line of .env": (write(".env", b"# ours\n\nFREESEWING_PORT 8000\n"), ".env, line 3: must be NAME=value"),
    "an open quote": (write(".env", b"FREESEWING_LIMITS='off\n"), ".env, line 1: must be NAME=value"),
    "a name alone": (write(".env", b"\nFREESEWING_PORT\n"), ".env, line 2: must be NAME=value"),
    ".env in latin-1": (write(".env", b"FREESEWING_MAIL_FROM=Andr\xe9 <a@example.org>\n"), ".env is not UTF-8 text"),
    "a folder .env": (lambda folder: (folder / ".env").mkdir(), ".env cannot be read: Is a directory"),
    "a file as data": (write("data", b""), "FREESEWING_DATA_DIR: "),
    "half of the secrets": (write("data/secrets.json", b'{"secret_key": "x"}'), "secrets.json is damaged"),
    "no JSON as secrets": (write("data/secrets.json", b"{"), "secrets.json is damaged"),
}


@pytest.mark.parametrize("wrong", FILES)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare, message = FILES[wrong]
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("FREESEWING_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FREESEWING_DATA_DIR", str(tmp_path / "data"))
    with pytest.raises(SettingsInvalid, match=re.escape(message)):
        startup.with_secrets(settings.load())


def test_a_server_prints_which_file_it_cannot_use(tmp_path: Path) -> None:
    prepare, message = FILES["half of the secrets"]
    prepare(tmp_path)
    assert_fails_with(ended(tmp_path, {}, "app"), message)


# Not even root can write to /proc.
FOLDER, DATABASE = {"DATA_DIR": "/proc/nowhere"}, {"DATABASE_URL": "sqlite:////proc/nowhere/file.db"}


@pytest.mark.parametrize(
    ("values", "message", "program"),
    [
        (FOLDER, "FREESEWING_DATA_DIR: ", "app"),
        (DATABASE, "FREESEWING_DATABASE_URL, FREESEWING_DATA_DIR: the folder", "app"),
        (DATABASE, "FREESEWING_DATABASE_URL, FREESEWING_DATA_DIR: the folder", "migrate"),
    ],
)
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, values: Values, message: str, program: str) -> None:
    assert_fails_with(ended(tmp_path, values, *PROGRAMS[program]), message)


AWAY = [
    (f"postgresql://nobody:{SECRET}@{PLACE}/postgres", "the database rejects", "cli"),
    (f"postgresql://{SERVER.username}@{PLACE}/nowhere", "there is no database of this name", "migrate"),
    (f"postgresql://{SERVER.username}@{PLACE}/nowhere", "there is no database of this name", "app"),
    (f"postgresql://u:{SECRET}@127.0.0.1:1/db", "cannot be reached", "migrate"),
    (f"postgresql://u:{SECRET}@host.invalid/db", "the name of the host cannot be resolved", "cli"),
    ("sqlite:///DATA/plain.txt", "file is not a database", "cli"),
    ("sqlite:///DATA/plain.txt", "file is not a database", "app"),
    ("sqlite:///DATA", "unable to open database file", "cli"),
]


@pytest.mark.parametrize(("url", "message", "program"), AWAY)
def test_a_database_that_cannot_be_used_is_named_with_the_reason(
    tmp_path: Path, url: str, message: str, program: str
) -> None:
    require_postgres()
    data = tmp_path / "data"
    write("data/plain.txt", b"x" * 5000)(tmp_path)
    values = {**SECRETS, "DATABASE_URL": url}
    if program != "app":
        outcome = ended(tmp_path, values, *PROGRAMS[program])
        assert_fails_with(outcome, message)
        assert outcome.stderr.startswith("FREESEWING_DATABASE_URL: ")
        return
    # The server starts before its database, and logs the reason.
    with serving(tmp_path, data, values) as log:
        wait_until(lambda: message in log.read_text(), f"the reason in {log}")
        assert "FREESEWING_DATABASE_URL" in log.read_text()
    assert "Traceback" not in log.read_text() and SECRET not in log.read_text()


SECRETS = {"ENCRYPTION_KEYS": f"1:{'A' * 43}=", "SECRET_KEY": "x" * 32}


@contextmanager
def serving(folder: Path, data: Path, values: Values) -> Iterator[Path]:
    """A server, and its log."""
    log = folder / "log"
    given = environment(data, {"PORT": str(free_port()), **values})
    process = forked.Forked("app", environment=given, output=log, folder=folder)
    try:
        yield log
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_in_use_is_named(tmp_path: Path, workers: str) -> None:
    assert ended(tmp_path, {}, "cli", "migrate").returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        outcome = ended(tmp_path, {"PORT": port, "WORKERS": workers}, "app")
    assert_fails_with(outcome, "FREESEWING_PORT")
    assert "ddress already in use" in outcome.stderr


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"HOST": "host.invalid"}, "FREESEWING_HOST"),
        ({"METRICS_PORT": "9100", "METRICS_HOST": "host.invalid"}, "FREESEWING_METRICS_HOST"),
        ({"IMAGES_URL": "s3://"}, "FREESEWING_IMAGES_URL: "),
        ({"IMAGES_URL": "file:/proc/nowhere"}, "FREESEWING_IMAGES_URL: "),
        ({"MAIL_URL": f"smtp://u:{SECRET}@"}, "FREESEWING_MAIL_URL: "),
        ({"MAIL_FROM": "nobody"}, "FREESEWING_MAIL_FROM: "),
        ({"QUOTAS": "day"}, "FREESEWING_QUOTAS: "),
    ],
)
def test_a_setting_that_a_service_cannot_use_is_named(tmp_path: Path, values: Values, message: str) -> None:
    assert_fails_with(ended(tmp_path, {"PORT": str(free_port()), **values}, "app"), message)


def test_a_server_whose_mail_server_and_redis_refuse_connections_shows_no_traceback(tmp_path: Path) -> None:
    data = tmp_path / "data"
    values = {"MAIL_URL": "smtp://127.0.0.1:1", "REDIS_URL": "redis://127.0.0.1:1/0", "TEST_MODE": "0"}
    url = f"sqlite:///{data / 'freesewing.db'}"
    templates.prepare(url, environment(data, {**values, "DATABASE_URL": url}))
    port = str(free_port())
    with serving(tmp_path, data, {**values, "PORT": port}) as log:
        address = ("127.0.0.1", int(port))
        wait_until(lambda: answers(address), "the server")
        sign_up(port)
        wait_until(lambda: "mail 1 waits" in log.read_text(), f"the mail in {log}")
    assert "limits are counted here only, Redis is away" in log.read_text()
    assert "Traceback" not in log.read_text()


def answers(address: tuple[str, int]) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(address) == 0


def sign_up(port: str) -> None:
    """Cause a mail."""
    import httpx2

    body = {"email": "alice@example.org", "language": "en"}
    reply = httpx2.post(f"http://127.0.0.1:{port}/signup", json=body, timeout=PATIENCE, trust_env=False)
    assert reply.status_code == 201


def test_a_server_warns_of_what_does_not_suit_production_and_of_unknown_settings(tmp_path: Path) -> None:
    values = {
        **SECRETS,
        "ENVIRONMENT": "production",
        "PUBLIC_URL": "https://api.example.org",
        "LIMITS": "off",
        "PROT": "1",
    }
    with serving(tmp_path, tmp_path / "data", values) as log:
        wait_until(lambda: "documentation at" in log.read_text(), "the server")
    for setting in ("DATABASE_URL is SQLite", "MAIL_URL writes", "LIMITS is off", "PROT is not a setting"):
        assert log.read_text().count(f'"message": "FREESEWING_{setting}') == 1


def test_a_reader_that_has_enough_ends_a_command_quietly(tmp_path: Path) -> None:
    command = f"{sys.executable} {ROOT / 'cli.py'} settings | head -n 1"
    outcome = subprocess.run(command, shell=True, cwd=tmp_path, env=environment(tmp_path, {}), capture_output=True)
    assert outcome.stderr == b"" and outcome.stdout.startswith(b"FREESEWING_HOST")
