"""The mail server is away: nobody who signs up notices, and no letter is lost or sent twice."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select, update

from storage import migrate
from storage.schema.tables import mails
from tests.handlers.database import execute
from tests.handlers.reading import new_address
from tests.proxy import Proxy
from tests.service import Service, free_port, wait_until

PAST = datetime(2020, 1, 1, tzinfo=UTC)


class Postbox:
    """A real mail server's mind: it takes everything, and remembers to whom."""

    def __init__(self) -> None:
        self.received: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content)
        assert message["Subject"]
        self.received += envelope.rcpt_tos
        return "250 kept"


@pytest.fixture(scope="module")
def postbox() -> Iterator[tuple[Postbox, Proxy]]:
    """A mail server, and what stands between it and who sends."""
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    proxy = Proxy("127.0.0.1", controller.port)
    yield box, proxy
    proxy.cut()
    controller.stop()


@pytest.fixture(scope="module")
def server(
    postbox: tuple[Postbox, Proxy], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, Postbox, Proxy]]:
    """A server that sends its letters there."""
    box, proxy = postbox
    mail_url = f"smtp://127.0.0.1:{proxy.port}"
    service = Service(tmp_path_factory.mktemp("mail"), mail_url=mail_url, test_mode="0")
    try:
        migrate.upgrade(service.database_url)
        yield service.start(migrate=False), box, proxy
    finally:
        service.close()


@pytest.fixture
def scene(server: tuple[Service, Postbox, Proxy]) -> tuple[Service, Postbox, Proxy]:
    """All is well, and nothing is queued."""
    service, box, proxy = server
    proxy.restore()
    box.received.clear()
    execute(service, mails.delete())
    return server


def _sign_up(service: Service) -> str:
    """Somebody's address, who signed up without waiting for any mail server."""
    address = new_address()
    begun = time.monotonic()
    reply = service.http.post("/signup", json={"email": address, "language": "en"})
    assert (reply.status_code, reply.json()) == (201, {"result": "created", "email": address})
    assert time.monotonic() - begun < 3
    return address


def _queued(service: Service) -> list[int]:
    """How often each queued letter was tried."""
    return [int(row[0]) for row in execute(service, select(mails.c.attempts))]


def _make_due(service: Service) -> None:
    """As if the time until the next try were over; and any new letter, or none, wakes the sender."""
    execute(service, update(mails).values(due_at=PAST))
    assert service.http.post("/signinlink", json={"username": "nobody"}).status_code == 200


def test_who_signs_up_does_not_wait_for_a_mail_server_that_is_away(scene: tuple[Service, Postbox, Proxy]) -> None:
    service, box, proxy = scene
    proxy.cut()
    addresses = [_sign_up(service) for _ in range(3)]
    wait_until(lambda: _queued(service) == [1, 1, 1], 30, "every letter to be tried")
    proxy.restore()
    _make_due(service)
    wait_until(lambda: len(box.received) >= 3, 30, "the letters to arrive")
    wait_until(lambda: _queued(service) == [], 30, "the queue to be empty")
    assert sorted(box.received) == sorted(addresses)


def test_who_signs_up_does_not_wait_for_a_mail_server_that_hangs(scene: tuple[Service, Postbox, Proxy]) -> None:
    service, box, proxy = scene
    proxy.hang()
    addresses = [_sign_up(service) for _ in range(3)]
    assert _queued(service) == [0, 0, 0]
    proxy.restore()
    wait_until(lambda: len(box.received) >= 3, 30, "the letters to arrive")
    assert sorted(box.received) == sorted(addresses)


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_a_letter_outlives_the_server(scene: tuple[Service, Postbox, Proxy], kill: bool) -> None:
    service, box, proxy = scene
    proxy.hang()  # so that the server ends in the middle of sending
    addresses = [_sign_up(service) for _ in range(3)]
    service.stop(kill=kill)
    proxy.cut()
    assert len(_queued(service)) == 3
    proxy.restore()
    service.start(migrate=False)
    # The others wait for nothing; the one that was being sent, for its claim to end.
    wait_until(lambda: len(box.received) >= 2, 30, "the letters that nobody had claimed to arrive")
    _make_due(service)
    wait_until(lambda: _queued(service) == [], 30, "the last letter to go out")
    assert sorted(box.received) == sorted(addresses)


def test_a_letter_that_cannot_be_read_or_rendered_holds_up_no_other(scene: tuple[Service, Postbox, Proxy]) -> None:
    service, box, proxy = scene
    proxy.cut()
    unreadable, address = _sign_up(service), _sign_up(service)
    wait_until(lambda: _queued(service) == [1, 1], 30, "both letters to be tried")
    first = select(func.min(mails.c.id)).scalar_subquery()
    execute(service, update(mails).where(mails.c.id == first).values(letter=func.zeroblob(50)))
    proxy.restore()
    _make_due(service)
    wait_until(lambda: box.received == [address], 30, "the other letter to arrive")
    wait_until(lambda: _queued(service) == [1], 30, "only the unreadable one to be left")
    assert unreadable not in box.received
