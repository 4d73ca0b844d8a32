"""Settings: defaults, errors that stop the start and their messages, and the secrets generated in development."""

import os
import re
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

import settings
from services import container
from settings import Settings, SettingsInvalid, load
from tests.service import ROOT, free_port

SECRET = "s3cr3t-" + "x" * 40
KEYS = "1:" + b64encode(b"k" * 32).decode()
PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": SECRET,
    "ENCRYPTION_KEYS": KEYS,
    "PUBLIC_URL": "https://api.example.org",
}


pytestmark = pytest.mark.usefixtures("empty_environment")


def given(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    """These settings in the environment."""
    for name, value in values.items():
        monkeypatch.setenv(f"FREESEWING_{name}", value)


def refusal(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> str:
    """Why these settings cannot be used."""
    given(monkeypatch, values)
    with pytest.raises(SettingsInvalid) as caught:
        load()
    return str(caught.value)


def started(*command: str, **values: str) -> subprocess.CompletedProcess[str]:
    """What comes of starting the server, or a command, with these settings."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **{f"FREESEWING_{name}": value for name, value in values.items()}},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    found = load()
    data = tmp_path / "data"
    assert (found.public_url, found.website_url) == ("http://127.0.0.1:8000", "http://127.0.0.1:8000")
    assert found.database_url == f"sqlite:///{data / 'freesewing.db'}"
    assert (found.mail_url, found.images_url) == (f"file:{data / 'outbox'}", f"file:{data / 'images'}")
    assert (found.test_mode, found.environment) == (False, "development")


def test_a_relative_folder_is_the_one_where_the_server_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given(monkeypatch, {"DATA_DIR": "here"})
    assert load().data_dir == tmp_path / "here"


def test_addresses_lose_their_last_slash_and_the_website_follows_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, {"PUBLIC_URL": "https://api.example.org/"})
    assert (load().public_url, load().website_url) == ("https://api.example.org", "https://api.example.org")
    given(monkeypatch, {"WEBSITE_URL": "https://example.org/sewing/"})
    assert (load().public_url, load().website_url) == ("https://api.example.org", "https://example.org/sewing")


def test_settings_come_from_a_file_too_and_the_environment_goes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("FREESEWING_PORT=8123\nFREESEWING_LOG_LEVEL=debug\nOTHER=ignored\n")
    given(monkeypatch, {"PORT": "8456"})
    assert (load().port, load().log_level) == (8456, "debug")


def test_in_production_all_that_must_be_set_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(monkeypatch, PRODUCTION)
    assert (load().secret_key, load().encryption_keys) == (SECRET, KEYS)
    assert not (tmp_path / "data" / "secrets.json").exists()


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ENCRYPTION_KEYS", "PUBLIC_URL"])
def test_in_production_a_missing_setting_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str
) -> None:
    message = refusal(monkeypatch, {name: value for name, value in PRODUCTION.items() if name != missing})
    assert f"{missing} must be set in production" in message
    assert_no_value_in(message)
    assert not (tmp_path / "data").exists()


def test_in_production_test_mode_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, {**PRODUCTION, "TEST_MODE": "1"})
    assert "TEST_MODE cannot be on in production" in message
    assert_no_value_in(message)


def assert_no_value_in(message: str) -> None:
    """The message does not tell a secret, nor Pydantic's own address."""
    for value in (SECRET, KEYS, KEYS[2:], "pydantic"):
        assert value not in message


WRONG = [
    ("PORT", "0"),
    ("PORT", "s3cr3t"),
    ("ENVIRONMENT", "s3cr3t"),
    ("TEST_MODE", "s3cr3t"),
    ("LOG_LEVEL", "s3cr3t"),
    ("DATABASE_POOL", "-1"),
    ("PUBLIC_URL", "s3cr3t.example.org"),
    ("PUBLIC_URL", "https://s3cr3t.example.org/?x"),
    ("PUBLIC_URL", "https://s3cr3t.example.org/#x"),
    ("PUBLIC_URL", "https://"),
    ("PUBLIC_URL", "https://s3cr3t@example.org"),
    ("PUBLIC_URL", "https://example.org/s3cr3t//api"),
    ("PUBLIC_URL", "https://example.org/../s3cr3t"),
    ("PUBLIC_URL", 'https://example.org/s3cr3t"'),
    ("WEBSITE_URL", "ftp://s3cr3t.example.org"),
    ("WEBSITE_URL", "https://s3cr3t.example.org/?x"),
    ("SECRET_KEY", "s3cr3t"),
    ("ENCRYPTION_KEYS", "s3cr3t"),
    ("ENCRYPTION_KEYS", "1:s3cr3t=="),
    ("ENCRYPTION_KEYS", f"{KEYS},s3cr3t"),
    ("ENCRYPTION_KEYS", "1:s3cr3"),
    ("ENCRYPTION_KEYS", "1:s3cr3té"),
    ("ENCRYPTION_KEYS", ":" + KEYS[2:]),
    ("FORGE", "s3cr3t"),
    ("FORGE_URL", "s3cr3t.example.org"),
    ("FORGE_REPOSITORY", "s3cr3t"),
    ("FORGE_REPOSITORY", "acme/s3cr3t/.."),
    ("FORGE_REPOSITORY", "acme/s3cr3t?x"),
    ("FORGE_TOKEN", "s3cr3t s3cr3t"),
    ("FORGE_TOKEN", "s3cr3t\n"),
    ("FORGE_TOKEN", "s3cr3té"),
    ("FORGE_BRANCH", "s3cr3t/../main"),
    ("FORGE_BRANCH", ""),
    ("FORGE_POSTS", "/s3cr3t"),
    ("FORGE_POSTS", "s3cr3t/../.."),
    ("FORGE_DISCUSSIONS", "s3cr3t/"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_the_error_of_a_wrong_setting_names_it_and_omits_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    message = refusal(monkeypatch, {name: value})
    assert name in message
    assert "s3cr3t" not in message
    assert_no_value_in(message)


def test_a_query_in_the_public_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, {"PUBLIC_URL": "https://example.org/sewing?x=1"})
    assert message == "FREESEWING_PUBLIC_URL: must have no query (?) and no fragment (#)"


@pytest.mark.parametrize("value", ["http://[::1]:8000", "https://example.org:8443/a/b-c_d.e~f", "http://api_1"])
def test_an_address_may_have_a_port_and_a_path(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    given(monkeypatch, {"PUBLIC_URL": f"{value}/"})
    assert load().public_url == value


@pytest.mark.parametrize("missing", ["FORGE_REPOSITORY", "FORGE_TOKEN"])
def test_a_forge_without_repository_or_token_stops_the_start(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    forge = {"FORGE": "github", "FORGE_REPOSITORY": "acme/site", "FORGE_TOKEN": "s3cr3t"}
    assert "FORGE needs FORGE_REPOSITORY and FORGE_TOKEN" in refusal(monkeypatch, {**forge, missing: ""})
    given(monkeypatch, forge)
    assert load().forge_token == "s3cr3t"


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, {"PORT": "x", "LOG_LEVEL": "y"})
    assert {line.partition(":")[0] for line in message.splitlines()} == {"FREESEWING_PORT", "FREESEWING_LOG_LEVEL"}


def test_a_server_that_cannot_start_says_why_in_one_line_and_shows_no_inside(tmp_path: Path) -> None:
    ended = started("app.py", **{**PRODUCTION, "SECRET_KEY": ""})
    assert ended.returncode == 1
    assert "SECRET_KEY must be set in production" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert_no_value_in(ended.stdout + ended.stderr)


UNUSABLE = [
    ("MAIL_URL", "ftp://me:s3cr3t@mail"),
    ("MAIL_URL", "smtp://me:s3cr3t@"),
    ("MAIL_URL", "file:"),
    ("MAIL_FROM", "s3cr3t"),
    ("MAIL_FROM", ""),
    ("MAIL_FROM", "s3cr3t <a@b.example>, c@d.example"),
    ("IMAGES_URL", "ftp://me:s3cr3t@images"),
    ("IMAGES_URL", "s3cr3t"),
    ("FORGE_URL", "https://me:s3cr3t@forge.example"),
    ("FORGE_URL", "https://forge.example/?s3cr3t"),
]


@pytest.mark.parametrize(("name", "value"), UNUSABLE)
def test_what_no_service_can_use_stops_the_start_by_its_name(name: str, value: str) -> None:
    with pytest.raises(ValueError) as caught:
        container.of(load().model_copy(update={"forge": "forgejo", name.lower(): value}))
    assert str(caught.value).startswith(f"FREESEWING_{name}: ")
    assert "s3cr3t" not in str(caught.value)


def test_a_database_that_is_none_stops_the_start_in_one_line() -> None:
    ended = started("app.py", DATABASE_URL="mysql://me:s3cr3t@db/x", PORT=str(free_port()))
    assert ended.returncode != 0
    assert "DATABASE_URL" in ended.stderr
    assert "s3cr3t" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_no_setting_is_read_past_the_one_class() -> None:
    names = {f"FREESEWING_{name.upper()}" for name in Settings.model_fields}
    for file in ROOT.rglob("*.py"):
        if file.relative_to(ROOT).parts[0] in ("tests", "bench", "tools", "node_modules"):
            continue
        mentioned = set(re.findall(r"FREESEWING_[A-Z_]+\b", file.read_text(encoding="utf-8")))
        assert mentioned <= names, file
    assert settings.Settings.model_config["env_prefix"] == "FREESEWING_"


def test_an_import_token_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="IMPORT_TOKEN"):
        load(import_token="short")
    assert load(import_token="sixteen letters!").import_token == "sixteen letters!"


def test_the_log_is_json_in_production_and_text_elsewhere_unless_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().log_format == "text"
    given(monkeypatch, PRODUCTION)
    assert load().log_format == "json"
    monkeypatch.setenv("FREESEWING_LOG_FORMAT", "text")
    assert load().log_format == "text"
