"""Generated secrets: created once in development, and readable by the owner only."""

import json
import os
import stat
from base64 import b64encode
from pathlib import Path

import pytest

from settings import load, make_secrets, parse_keys
from tests.test_settings import KEYS, PRODUCTION, SECRET, assert_no_value_in, given, refusal

pytestmark = pytest.mark.usefixtures("empty_environment")


def test_in_development_secrets_are_made_once_for_the_owners_eyes(tmp_path: Path) -> None:
    first = make_secrets(load())
    kept = tmp_path / "data" / "secrets.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text()) == {
        "encryption_keys": first.encryption_keys,
        "secret_key": first.secret_key,
    }
    assert len(first.secret_key) >= 32
    [(key_id, key)] = parse_keys(first.encryption_keys).items()
    assert len(key) == 32 and len(key_id) == 8
    kept.chmod(0o644)
    again = make_secrets(load())
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert (again.encryption_keys, again.secret_key) == (first.encryption_keys, first.secret_key)


def test_no_mask_of_the_operator_opens_the_secrets_to_others(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_secrets(load())
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "data" / "secrets.json").stat().st_mode) == 0o600


def test_another_folder_has_other_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    first = make_secrets(load())
    given(monkeypatch, {"DATA_DIR": "elsewhere"})
    assert make_secrets(load()).secret_key != first.secret_key


def test_a_secret_that_is_set_goes_before_the_one_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    first = make_secrets(load())
    given(monkeypatch, {"SECRET_KEY": SECRET})
    assert (load().secret_key, load().encryption_keys) == (SECRET, first.encryption_keys)


def test_of_keys_the_order_is_kept_and_all_are_read() -> None:
    other = b64encode(bytes(range(32))).decode()
    assert list(parse_keys(f"new:{other}, {KEYS}").items()) == [("new", bytes(range(32))), ("1", b"k" * 32)]


def test_two_keys_with_the_same_id_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, {**PRODUCTION, "ENCRYPTION_KEYS": f"{KEYS},1:{b64encode(b'o' * 32).decode()}"})
    assert "two keys with the id 1" in message
    assert_no_value_in(message)


def test_keys_that_are_made_in_different_places_have_different_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = set()
    for place in ("one", "two", "three"):
        given(monkeypatch, {"DATA_DIR": place})
        ids |= set(parse_keys(make_secrets(load()).encryption_keys))
    assert len(ids) == 3


def test_loading_the_settings_makes_no_secrets(tmp_path: Path) -> None:
    assert (load().secret_key, load().encryption_keys) == ("", "")
    assert not (tmp_path / "data").exists()
