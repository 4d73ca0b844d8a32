"""The sender of queued letters: whatever is wrong with one, the others go out."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import clock
import storage
from services import outbox
from storage import accounts, mails, migrate, subscribers
from storage.encryption import Keyring
from tests.counting import count_mails

GOOD = {"kind": "signup", "language": "en", "to": "good@example.org", "link": "/confirm/signup/1/2"}
UNKNOWN = {**GOOD, "kind": "of a version to come"}
UNEXPECTED = {**GOOD, "member": "of a version to come"}


async def _send(url: str, letters: list[dict[str, Any]], *, left: int) -> list[int]:
    """Queue letters and run the sender until so many are left; the attempts of these."""
    await storage.connect(url, Keyring({"1": b"1" * 32}))
    for letter in letters:
        await storage.write(mails.enqueue, letter, user_id=None, now=clock.now() - timedelta(minutes=1))
    sending = asyncio.create_task(outbox.run())
    for _ in range(1000):
        await asyncio.sleep(0.01)
        if await storage.read(count_mails) == left and all(attempts := await _attempts(left)):
            break
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await storage.disconnect()
    return attempts


async def _attempts(left: int) -> list[int]:
    """How often each of the letters that are left, the first ones, was tried."""
    return [(await storage.read(mails.find, number + 1))["attempts"] for number in range(left)]


def _configured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliver into this folder."""
    for name, value in (
        ("_url", f"file:{folder}"),
        ("_sender", "a@example.org"),
        ("_website", "https://example.org"),
    ):
        monkeypatch.setattr(outbox, name, value)


def test_a_letter_that_cannot_be_rendered_is_given_up_or_waits_and_the_next_goes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, folder = f"sqlite:///{tmp_path / 'test.db'}", tmp_path / "outbox"
    migrate.upgrade(url)
    _configured(folder, monkeypatch)
    work = _send(url, [UNEXPECTED, UNKNOWN, GOOD], left=1)
    assert asyncio.run(work) == [1]
    assert [file.name.rpartition("-")[2] for file in folder.iterdir()] == ["good.eml"]


def test_letters_to_who_has_left_the_newsletter_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, folder = f"sqlite:///{tmp_path / 'test.db'}", tmp_path / "outbox"
    migrate.upgrade(url)
    _configured(folder, monkeypatch)
    asyncio.run(_subscribe(url, "stays@example.org"))
    queued = [
        {**GOOD, "kind": "nlsub", "to": to, "subscriber": accounts.email_hash(to)}
        for to in ("gone@example.org", "stays@example.org")
    ]
    asyncio.run(_send(url, queued, left=0))
    assert [file.name.rpartition("-")[2] for file in folder.iterdir()] == ["stays.eml"]


async def _subscribe(url: str, email: str) -> None:
    await storage.connect(url, Keyring({"1": b"1" * 32}))
    await storage.write(subscribers.ask, email, language="en", now=clock.now())
    await storage.disconnect()
