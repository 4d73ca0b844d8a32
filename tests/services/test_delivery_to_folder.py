"""Delivery of mails into a folder: one file for each mail, complete and private."""

import asyncio
import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from services.mail.delivery import deliver
from tests.services.test_delivery import NAME, SECRET_LINK, a_message, failure_of


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_a_folder_gets_one_readable_file_a_message(tmp_path: Path) -> None:
    folder = tmp_path / "not yet" / "there"
    asyncio.run(deliver(a_message(), f"file:{folder}"))
    file = only_file(folder)
    assert re.fullmatch(NAME + r"-ann\.eml", file.name)
    assert (file.stat().st_mode | folder.stat().st_mode) & 0o077 == 0
    assert SECRET_LINK in file.read_text("utf-8")
    parsed = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert parsed["Subject"] == "Ласкаво просимо"
    assert parsed["To"] == "ann@example.org"
    assert parsed.get_content() == a_message().get_content()


@pytest.mark.parametrize("local", ['"../../etc/passwd"', '"a b\\"c"', "x" * 64, "ünï", '"."'])
def test_no_recipient_can_choose_where_the_file_lies(local: str, tmp_path: Path) -> None:
    asyncio.run(deliver(a_message(f"{local}@example.org"), f"file:{tmp_path}"))
    assert re.fullmatch(NAME + r"-[\w.+-]{1,40}\.eml", only_file(tmp_path).name, re.ASCII)


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = list[tuple[str, bytes]]()
    rename = Path.rename

    def watched(self: Path, target: Path) -> Path:
        seen.extend((file.name, file.read_bytes()) for file in tmp_path.iterdir())
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", watched)
    asyncio.run(deliver(a_message(), f"file:{tmp_path}"))
    ((name, content),) = seen
    assert not name.endswith(".eml")
    assert content == only_file(tmp_path).read_bytes()


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    failure = failure_of(a_message(), f"file:{tmp_path}")
    assert "No space left" in failure.detail
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_failure_worth_trying_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    failure_of(a_message(), f"file:{tmp_path / 'file' / 'mail'}")
