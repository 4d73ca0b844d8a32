"""The polite end under load: every request that was taken is answered in full, and counted; no letter is lost."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select

from storage import migrate
from storage.schema.tables import accounts, mails
from tests.asking import Clients
from tests.databases import fresh_postgres
from tests.handlers.database import execute
from tests.handlers.reading import new_address
from tests.service import Service, free_port, wait_until

pytestmark = pytest.mark.long
WORKERS = pytest.mark.parametrize("workers", ["1", "2"], ids=["one process", "two workers"])


class Postbox:
    """A mail server that accepts a few mails, and the others only once the server under test is told to end."""

    BEFORE_THE_END = 20

    def __init__(self) -> None:
        self.received: list[str] = []
        self.server_ends = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        # Noted before the answer: a sender that is cut off now sends the letter again, and that would be seen.
        self.received += envelope.rcpt_tos
        while len(self.received) > self.BEFORE_THE_END and not self.server_ends:  # noqa: ASYNC110 - set by another thread
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.15)
        return "250 kept"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, str]]:
    """It, and its address."""
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture(params=("sqlite", "postgresql"))
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database; of the one of the server's folder, none."""
    if request.param == "sqlite":
        yield ""
    else:
        with fresh_postgres() as url:
            yield url


@WORKERS
def test_every_request_that_was_taken_is_answered_and_counted(tmp_path: Path, database: str, workers: str) -> None:
    service = Service(tmp_path, database_url=database, workers=workers)
    try:
        migrate.upgrade(service.database_url)
        person = service.start(migrate=False).sign_up()
        with Clients(service.port, person, each=8) as clients:
            service.stop()
            clients.join()
        assert not clients.failures
        answered = sum(clients.statuses.values())
        assert set(clients.statuses) == {200, 201}
        counted = select(accounts.c.jwt_calls).where(accounts.c.id == person.id)
        assert execute(service, counted)[0][0] == answered
        assert b"Traceback" not in service.log.read_bytes()
    finally:
        service.close()


@WORKERS
def test_letters_that_are_queued_at_the_end_are_sent_once_or_wait(
    tmp_path: Path, database: str, workers: str, postbox: tuple[Postbox, str]
) -> None:
    box, url = postbox
    service = Service(tmp_path, database_url=database, workers=workers, mail_url=url, test_mode="0")
    try:
        migrate.upgrade(service.database_url)
        service.start(migrate=False)
        addresses = [new_address() for _ in range(60)]
        _sign_up_all(service, addresses)
        sent_before = len(box.received)
        box.server_ends = True
        service.stop()
        [(waiting,)] = execute(service, select(func.count()).select_from(mails))
        # None both sent and still queued; and the end was used to send some.
        assert len(box.received) + waiting == len(addresses)
        assert len(box.received) > sent_before + 3
        service.start(migrate=False)
        wait_until(lambda: len(box.received) >= len(addresses), 60, "every letter")
        wait_until(lambda: execute(service, select(func.count()).select_from(mails))[0][0] == 0, 30, "an empty queue")
        assert sorted(box.received) == sorted(addresses)
    finally:
        service.close()


def _sign_up_all(service: Service, addresses: list[str]) -> None:
    """All of them, from four clients at once: faster than letters go out."""

    def sign_up(some: list[str]) -> None:
        for address in some:
            reply = service.http.post("/signup", json={"email": address, "language": "en"})
            assert reply.status_code == 201, reply.text

    threads = [threading.Thread(target=sign_up, args=(addresses[at::4],)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
