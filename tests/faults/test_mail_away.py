"""The mail server is down or hangs: sign-ups do not wait for it, and no mail is lost or sent twice."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select, update

from storage.schema.tables import mails
from tests.handlers.database import execute
from tests.handlers.reading import new_address
from tests.proxy import Proxy
from tests.service import Service, free_port, wait_until

PAST = datetime(2020, 1, 1, tzinfo=UTC)


class Postbox:
    """A mail server that accepts every mail, and records its recipients."""

    def __init__(self) -> None:
        self.received: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content)
        assert message["Subject"]
        self.received += envelope.rcpt_tos
        return "250 kept"


@pytest.fixture(scope="module")
def postbox() -> Iterator[tuple[Postbox, Proxy]]:
    """A mail server, and the proxy through which the server under test reaches it."""
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
    """A server that sends its mails there."""
    box, proxy = postbox
    mail_url = f"smtp://127.0.0.1:{proxy.port}"
    service = Service(tmp_path_factory.mktemp("mail"), mail_url=mail_url, test_mode="0")
    try:
        yield service.start(), box, proxy
    finally:
        service.close()


@pytest.fixture
def scene(server: tuple[Service, Postbox, Proxy]) -> tuple[Service, Postbox, Proxy]:
    """The mail server is reachable, and nothing is queued."""
    service, box, proxy = server
    proxy.restore()
    box.received.clear()
    execute(service, mails.delete())
    return server


def _sign_up(service: Service) -> str:
    """Sign up; return the address."""
    address = new_address()
    reply = service.http.post("/signup", json={"email": address, "language": "en"})
    assert (reply.status_code, reply.json()) == (201, {"result": "created", "email": address})
    return address


def _queued(service: Service) -> list[int]:
    """How often each queued mail was tried."""
    return [int(row[0]) for row in execute(service, select(mails.c.attempts))]


def _make_due(service: Service) -> None:
    """End the time until the next try, and wake the sender by a request."""
    execute(service, update(mails).values(due_at=PAST))
    assert service.http.post("/signinlink", json={"username": "nobody"}).status_code == 200


def test_a_sign_up_does_not_wait_for_a_mail_server_that_is_down(scene: tuple[Service, Postbox, Proxy]) -> None:
    service, box, proxy = scene
    proxy.cut()
    addresses = [_sign_up(service) for _ in range(3)]
    wait_until(lambda: all(_queued(service)), "every mail to be tried")
    proxy.restore()
    _make_due(service)
    wait_until(lambda: len(box.received) >= 3, "the mails to arrive")
    wait_until(lambda: _queued(service) == [], "the queue to be empty")
    assert sorted(box.received) == sorted(addresses)


def test_a_sign_up_does_not_wait_for_a_mail_server_that_hangs(scene: tuple[Service, Postbox, Proxy]) -> None:
    service, box, proxy = scene
    proxy.hang()
    addresses = [_sign_up(service) for _ in range(3)]
    # They were answered before any try had ended.
    assert _queued(service) == [0, 0, 0]
    proxy.restore()
    wait_until(lambda: len(box.received) >= 3, "the mails to arrive")
    assert sorted(box.received) == sorted(addresses)


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_queued_mails_outlive_the_server(scene: tuple[Service, Postbox, Proxy], kill: bool) -> None:
    service, box, proxy = scene
    proxy.hang()  # so that the server ends in the middle of sending
    addresses = [_sign_up(service) for _ in range(3)]
    service.stop(kill=kill)
    proxy.cut()
    assert len(_queued(service)) == 3
    proxy.restore()
    service.start(migrate=False)
    # The mail that was being sent waits until its claim expires.
    wait_until(lambda: len(box.received) >= 2 and len(_queued(service)) == 1, "the unclaimed mails to be sent")
    _make_due(service)
    wait_until(lambda: _queued(service) == [], "the last mail to be sent")
    assert sorted(box.received) == sorted(addresses)


def test_a_mail_that_cannot_be_decrypted_does_not_delay_others(scene: tuple[Service, Postbox, Proxy]) -> None:
    service, box, proxy = scene
    proxy.cut()
    unreadable, address = _sign_up(service), _sign_up(service)
    wait_until(lambda: all(_queued(service)), "both mails to be tried")
    first = select(func.min(mails.c.id)).scalar_subquery()
    execute(service, update(mails).where(mails.c.id == first).values(letter=func.zeroblob(50)))
    proxy.restore()
    _make_due(service)
    wait_until(lambda: box.received == [address], "the other mail to arrive")
    wait_until(lambda: len(_queued(service)) == 1, "only the unreadable one to be left")
    assert unreadable not in box.received
