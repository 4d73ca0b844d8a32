"""A graceful end under load: every accepted request is answered in full and counted, and no mail is lost."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select

from storage.schema.tables import accounts, mails
from tests.databases import fresh_postgres
from tests.handlers.database import execute
from tests.handlers.reading import new_address
from tests.matrix import matrix
from tests.service import Service, free_port, wait_until
from tests.steady_clients import Clients

pytestmark = pytest.mark.long


class Postbox:
    """A mail server that accepts a few mails, and the others only once the server under test ends."""

    BEFORE_THE_END = 20

    def __init__(self) -> None:
        self.received: list[str] = []
        self.server_ends = asyncio.Event()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        # Recorded before the response: a sender that is cut off now sends the mail again, which would show.
        self.received += envelope.rcpt_tos
        if len(self.received) > self.BEFORE_THE_END:
            await self.server_ends.wait()
            # So long that not all can be sent at the end.
            await asyncio.sleep(0.15)
        return "250 kept"


@pytest.fixture
def mail_server() -> Iterator[Controller]:
    """The mail server, running."""
    controller = Controller(Postbox(), hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop()


# One process on SQLite ends under load in test_end.py, too, and with mails in its queue in test_mail_away.py.
WAYS = matrix(["two workers on PostgreSQL"], full=("one process on SQLite", "two workers on PostgreSQL"))


@pytest.fixture(params=WAYS)
def deployed(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The settings of both ways of running: the database's address, and the number of workers."""
    if request.param.endswith("SQLite"):
        yield {"database_url": "", "workers": "1"}
    else:
        with fresh_postgres() as url:
            yield {"database_url": url, "workers": "2"}


def test_every_accepted_request_is_answered_and_counted(tmp_path: Path, deployed: dict[str, str]) -> None:
    service = Service(tmp_path, **deployed)
    try:
        person = service.start().sign_up()
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


def test_mails_that_are_queued_at_the_end_are_sent_once_or_stay_queued(
    tmp_path: Path, deployed: dict[str, str], mail_server: Controller
) -> None:
    box: Postbox = mail_server.handler
    service = Service(tmp_path, mail_url=f"smtp://127.0.0.1:{mail_server.port}", test_mode="0", **deployed)
    try:
        service.start()
        addresses = [new_address() for _ in range(60)]
        _sign_up_all(service, addresses)
        sent_before = len(box.received)
        mail_server.loop.call_soon_threadsafe(box.server_ends.set)
        service.stop()
        [(waiting,)] = execute(service, select(func.count()).select_from(mails))
        # No mail was sent and is still queued; and some were sent at the end.
        assert len(box.received) + waiting == len(addresses)
        assert len(box.received) > sent_before
        service.start(migrate=False)
        wait_until(lambda: len(box.received) >= len(addresses), "every mail")
        wait_until(lambda: execute(service, select(func.count()).select_from(mails))[0][0] == 0, "an empty queue")
        assert sorted(box.received) == sorted(addresses)
    finally:
        service.close()


def _sign_up_all(service: Service, addresses: list[str]) -> None:
    """Sign up all of them, from four clients at once: faster than mails are sent."""

    def sign_up(some: list[str]) -> None:
        for address in some:
            reply = service.http.post("/signup", json={"email": address, "language": "en"})
            assert reply.status_code == 201, reply.text

    threads = [threading.Thread(target=sign_up, args=(addresses[at::4],)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
