"""What looks like a mistake in settings that are valid."""

import os
from base64 import b64encode
from pathlib import Path

import pytest

import settings
from services.diagnostics import advice

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "x" * 32,
    "ENCRYPTION_KEYS": "1:" + b64encode(b"k" * 32).decode(),
    "PUBLIC_URL": "https://api.example.org",
    "DATABASE_URL": "postgresql://db/freesewing",
    "MAIL_URL": "smtps://mail.example.org",
    "MAIL_FROM": "FreeSewing <hello@example.org>",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting but the place for files, and no .env file."""
    for name in [name for name in os.environ if name.startswith("FREESEWING_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FREESEWING_DATA_DIR", str(tmp_path / "data"))


def advised(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> list[tuple[str, str]]:
    """The advice on these settings."""
    for name, value in values.items():
        monkeypatch.setenv(f"FREESEWING_{name}", value)
    return [(one.setting, one.text) for one in advice.of(settings.load())]


def test_there_is_none_on_defaults_and_on_what_the_guide_recommends(monkeypatch: pytest.MonkeyPatch) -> None:
    assert advised(monkeypatch, {}) == []
    assert advised(monkeypatch, PRODUCTION) == []


def test_an_unknown_name_is_reported_with_the_closest_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("FREESEWING_MAILURL=smtp://mail\nOTHER=1\n")
    assert advised(monkeypatch, {"DATABSE_URL": "x", "XYZ": "1"}) == [
        ("FREESEWING_DATABSE_URL", "is not a setting; did you mean FREESEWING_DATABASE_URL?"),
        ("FREESEWING_MAILURL", "is not a setting; did you mean FREESEWING_MAIL_URL?"),
        ("FREESEWING_XYZ", "is not a setting, and has no effect"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "advice_text"),
    [
        ("DATABASE_URL", "sqlite:///file.db", "is SQLite in production"),
        ("MAIL_URL", "file:outbox", "writes mails to files in production"),
        ("MAIL_FROM", "no-reply@localhost", "is an address at localhost"),
        ("LIMITS", "off", "is off in production"),
        ("IMAGES_URL", "memory:", "keeps images in memory in production"),
        ("PUBLIC_URL", "http://api.example.org", "is http in production"),
        ("PUBLIC_URL", "http://127.0.0.1:8000", "names this machine in production"),
    ],
)
def test_settings_unsuitable_for_production_are_reported(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, advice_text: str
) -> None:
    ((setting, text),) = advised(monkeypatch, {**PRODUCTION, name: value})
    assert setting == f"FREESEWING_{name}" and text.startswith(advice_text)


@pytest.mark.parametrize(
    ("values", "setting", "advice_text"),
    [
        ({"CLIENT_SECONDS": "20000"}, "CLIENT_SECONDS", "should be from 1 to 300 seconds"),
        ({"TRUSTED_PROXIES": "127.0.0.1,nginx"}, "TRUSTED_PROXIES", "must be addresses or networks"),
        ({"TRUSTED_PROXIES": "*"}, "TRUSTED_PROXIES", "trusts every client"),
        ({"METRICS_PORT": "7999", "WORKERS": "2"}, "METRICS_PORT", "overlaps FREESEWING_PORT"),
        ({"TEST_MODE": "1", "PUBLIC_URL": "https://example.org"}, "TEST_MODE", "lets anyone sign up"),
    ],
)
def test_an_implausible_value_is_reported(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], setting: str, advice_text: str
) -> None:
    ((name, text),) = advised(monkeypatch, values)
    assert name == f"FREESEWING_{setting}" and text.startswith(advice_text)
