"""The sender of queued letters: whatever is wrong with one, the others go out."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest

import storage
from core import clock
from services.mail import outbox
from services.observability import metrics
from storage import accounts, mails, migrate, subscribers
from storage.schema.encryption import Keyring
from tests.counting import count_mails
from tests.services.test_delivery import Postbox, running

GOOD = {"kind": "signup", "language": "en", "to": "good@example.org", "link": "/confirm/signup/1/2"}
UNKNOWN = {**GOOD, "kind": "of a version to come"}
KEYRING = Keyring({"1": b"1" * 32})
UNEXPECTED = {**GOOD, "member": "of a version to come"}


async def _send(url: str, letters: list[dict[str, Any]], *, left: int, attempts: int = 0) -> list[int]:
    """Queue letters, the first tried so often, and run the sender until so many are left; the attempts of these."""
    await storage.connect(url, KEYRING)
    for letter in letters:
        await storage.write(mails.enqueue, letter, user_id=None, now=clock.now() - timedelta(minutes=1))
    for _ in range(attempts):
        await storage.write(mails.postpone, 1, until=clock.now() - timedelta(minutes=1))
    sending = asyncio.create_task(outbox.run())
    for _ in range(1000):
        await asyncio.sleep(0.01)
        if await storage.read(count_mails) == left and all(each > attempts for each in await _attempts(left)):
            break
    tried = await _attempts(left)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await storage.disconnect()
    return tried


async def _attempts(left: int) -> list[int]:
    """How often each of the letters that are left, the first ones, was tried."""
    return [(await storage.read(mails.find, number + 1))["attempts"] for number in range(left)]


def _configured(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliver there."""
    for name, value in (
        ("_url", url),
        ("_sender", "a@example.org"),
        ("_website", "https://example.org"),
    ):
        monkeypatch.setattr(outbox, name, value)


def test_a_letter_that_cannot_be_rendered_is_given_up_or_waits_and_the_next_goes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, folder = f"sqlite:///{tmp_path / 'test.db'}", tmp_path / "outbox"
    migrate.upgrade(url)
    _configured(f"file:{folder}", monkeypatch)
    work = _send(url, [UNEXPECTED, UNKNOWN, GOOD], left=2)
    assert asyncio.run(work) == [1, 1]
    ((mail_id, reason),) = asyncio.run(_given_up(url))
    assert (mail_id, reason) == (2, "There is no letter of the kind 'of a version to come'")
    assert [file.name.rpartition("-")[2] for file in folder.iterdir()] == ["good.eml"]


def test_letters_to_who_has_left_the_newsletter_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, folder = f"sqlite:///{tmp_path / 'test.db'}", tmp_path / "outbox"
    migrate.upgrade(url)
    _configured(f"file:{folder}", monkeypatch)
    asyncio.run(_subscribe(url, "stays@example.org"))
    queued = [
        {**GOOD, "kind": "nlsub", "to": to, "subscriber": accounts.email_hash(to)}
        for to in ("gone@example.org", "stays@example.org")
    ]
    asyncio.run(_send(url, queued, left=0))
    assert [file.name.rpartition("-")[2] for file in folder.iterdir()] == ["stays.eml"]


async def _given_up(url: str) -> list[tuple[int, str]]:
    await storage.connect(url, KEYRING)
    found = await storage.read(mails.given_up)
    await storage.disconnect()
    return [(mail["id"], mail["reason"]) for mail in found]


REJECTIONS = {"550 5.1.1 nobody here": metrics.RECIPIENT, "554 5.7.1 relay access denied": metrics.ATTEMPTS}


@pytest.mark.parametrize(("answer", "reason"), REJECTIONS.items())
@pytest.mark.parametrize("attempts", [0, outbox.MOST_ATTEMPTS - 1])
def test_only_a_rejected_recipient_gives_a_mail_up_before_its_last_attempt(
    answer: str, reason: str, attempts: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate.upgrade(url)
    before = _counted(reason)
    with running(Postbox({GOOD["to"]: answer})) as address:
        _configured(f"smtp://{address}", monkeypatch)
        assert asyncio.run(_send(url, [GOOD], left=1, attempts=attempts)) == [attempts + 1]
    is_given_up = reason == metrics.RECIPIENT or attempts > 0
    assert _counted(reason) == before + is_given_up
    kept = [(1, f"127.0.0.1 refused 1 recipient(s): {answer[:9]}")]
    assert asyncio.run(_given_up(url)) == (kept if is_given_up else [])


def _counted(reason: str) -> float:
    scraped = generate_latest(metrics.REGISTRY).decode()
    (line,) = (
        line for line in scraped.splitlines() if line.startswith("freesewing_mails_given_up_total") and reason in line
    )
    return float(line.split()[-1])


async def _subscribe(url: str, email: str) -> None:
    await storage.connect(url, KEYRING)
    await storage.write(subscribers.ask, email, language="en", now=clock.now())
    await storage.disconnect()
