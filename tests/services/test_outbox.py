"""The outbox: an error in one mail does not prevent the sending of the others."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest

from core import clock
from services.container import Services
from services.mail import outbox
from services.observability import metrics
from storage import accounts, mails, migrate, subscribers
from storage.database import Storage
from storage.schema.encryption import Keyring
from tests.counting import count_mails
from tests.service_container import services_on
from tests.services.test_delivery import Postbox, running

GOOD = {"kind": "signup", "language": "en", "to": "good@example.org", "link": "/confirm/signup/1/2"}
UNKNOWN = {**GOOD, "kind": "of a version to come"}
KEYRING = Keyring({"1": b"1" * 32})
UNEXPECTED = {**GOOD, "member": "of a version to come"}


async def _send(services: Services, rows: list[dict[str, Any]], *, left: int, attempts: int = 0) -> list[int]:
    """Queue mails, the first after `attempts` attempts, and run the outbox until `left` remain; return attempts."""
    storage, outbox = services.storage, services.outbox
    await storage.open()
    for mail in rows:
        await storage.write(mails.enqueue, mail, user_id=None, now=clock.now() - timedelta(minutes=1))
    for _ in range(attempts):
        await storage.write(mails.postpone, 1, until=clock.now() - timedelta(minutes=1))
    sending = asyncio.create_task(outbox.run())
    for _ in range(1000):
        await asyncio.sleep(0.01)
        if await storage.read(count_mails) == left and all(
            each > attempts for each in await _attempts(storage, left)
        ):
            break
    tried = await _attempts(storage, left)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await storage.close()
    return tried


async def _attempts(storage: Storage, left: int) -> list[int]:
    """Return the attempts of the first `left` mails."""
    return [(await storage.read(mails.find, number + 1))["attempts"] for number in range(left)]


def _services(url: str, mail_url: str) -> Services:
    """Services that deliver there."""
    storage = Storage(url, KEYRING)
    return services_on(storage, mail_url=mail_url, mail_from="a@example.org", website_url="https://example.org")


def test_a_mail_that_cannot_be_rendered_is_given_up_or_postponed_and_the_next_is_sent(tmp_path: Path) -> None:
    url, folder = f"sqlite:///{tmp_path / 'test.db'}", tmp_path / "outbox"
    migrate.upgrade(url)
    services = _services(url, f"file:{folder}")
    work = _send(services, [UNEXPECTED, UNKNOWN, GOOD], left=2)
    assert asyncio.run(work) == [1, 1]
    ((mail_id, reason),) = asyncio.run(_given_up(url))
    assert (mail_id, reason) == (2, "There is no mail of the kind 'of a version to come'")
    assert [file.name.rpartition("-")[2] for file in folder.iterdir()] == ["good.eml"]


def test_mails_to_former_subscribers_are_dropped(tmp_path: Path) -> None:
    url, folder = f"sqlite:///{tmp_path / 'test.db'}", tmp_path / "outbox"
    migrate.upgrade(url)
    services = _services(url, f"file:{folder}")
    asyncio.run(_subscribe(url, "stays@example.org"))
    queued = [
        {**GOOD, "kind": "nlsub", "to": to, "subscriber": accounts.email_hash(to)}
        for to in ("gone@example.org", "stays@example.org")
    ]
    asyncio.run(_send(services, queued, left=0))
    assert [file.name.rpartition("-")[2] for file in folder.iterdir()] == ["stays.eml"]


async def _given_up(url: str) -> list[tuple[int, str]]:
    async with Storage(url, KEYRING) as storage:
        found = await storage.read(mails.given_up)
    return [(mail["id"], mail["reason"]) for mail in found]


REJECTIONS = {"550 5.1.1 nobody here": metrics.RECIPIENT, "554 5.7.1 relay access denied": metrics.ATTEMPTS}


@pytest.mark.parametrize(("answer", "reason"), REJECTIONS.items())
@pytest.mark.parametrize("attempts", [0, outbox.MOST_ATTEMPTS - 1])
def test_only_a_rejected_recipient_gives_a_mail_up_before_its_last_attempt(
    answer: str, reason: str, attempts: int, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate.upgrade(url)
    with running(Postbox({GOOD["to"]: answer})) as address:
        services = _services(url, f"smtp://{address}")
        assert asyncio.run(_send(services, [GOOD], left=1, attempts=attempts)) == [attempts + 1]
    is_given_up = reason == metrics.RECIPIENT or attempts > 0
    assert _counted(services, reason) == is_given_up
    kept = [(1, f"127.0.0.1 refused 1 recipient(s): {answer[:9]}")]
    assert asyncio.run(_given_up(url)) == (kept if is_given_up else [])


def _counted(services: Services, reason: str) -> float:
    scraped = generate_latest(services.metrics.registry).decode()
    (line,) = (
        line for line in scraped.splitlines() if line.startswith("freesewing_mails_given_up_total") and reason in line
    )
    return float(line.split()[-1])


async def _subscribe(url: str, email: str) -> None:
    async with Storage(url, KEYRING) as storage:
        await storage.write(subscribers.ask, email, language="en", now=clock.now())
