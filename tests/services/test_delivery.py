"""Mails reach a folder or a mail server, and no error message contains secrets."""

import asyncio
import re
import socket
import ssl
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.mail import delivery
from services.mail.delivery import DeliveryFailed, Folder, Server, deliver, destination
from tests.service import free_port

SECRET_LINK = "https://example.org/confirm/signin/1/5f1d0c9e8b7a"
NAME = r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}"


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's side of TLS for 127.0.0.1, with a certificate that this test's clients trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    file = tmp_path / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + self_signed(key).public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name.from_rfc4514_string("CN=127.0.0.1")
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    present = datetime.now(UTC)
    draft = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    draft = draft.not_valid_before(present - timedelta(days=1)).not_valid_after(present + timedelta(days=1))
    return draft.add_extension(alternative, critical=False).sign(key, hashes.SHA256())


class Postbox:
    """A mail server's mind: keeps what it accepts; `answers` maps a recipient to another reply than 250."""

    def __init__(self, answers: dict[str, str] | None = None, at_data: str = "250 kept") -> None:
        self.answers, self.at_data, self.kept = answers or {}, at_data, list[Envelope]()
        self.encrypted = False

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, to: str, *rest: object) -> str:
        if to in self.answers:
            return self.answers[to]
        envelope.rcpt_tos.append(to)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.kept.append(envelope)
        self.encrypted = session.ssl is not None
        return self.at_data


@contextmanager
def running(postbox: Postbox, **options: Any) -> Iterator[str]:
    """A real server for the postbox on a free port of the loopback; gives its `host:port`."""
    controller = Controller(postbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield f"127.0.0.1:{controller.port}"
    finally:
        controller.stop()


def a_message(to: str = "ann@example.org", cc: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Ласкаво просимо", "hello@example.org", to
    if cc:
        message["Cc"] = cc
    message.set_content(f"Привіт\n{SECRET_LINK}\n", cte="8bit")
    return message


def failure_of(message: EmailMessage, url: str, *, permanent: bool = False) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        asyncio.run(deliver(message, url))
    assert caught.value.permanent is permanent
    return caught.value


def test_a_mail_server_gets_the_message_for_all_recipients() -> None:
    postbox = Postbox()
    with running(postbox) as address:
        asyncio.run(deliver(a_message(cc="old@example.org"), f"smtp://{address}"))
    (envelope,) = postbox.kept
    assert envelope.mail_from == "hello@example.org"
    assert envelope.rcpt_tos == ["ann@example.org", "old@example.org"]
    assert isinstance(envelope.content, bytes)
    parsed = message_from_bytes(envelope.content, policy=policy.default)
    assert parsed["Subject"] == "Ласкаво просимо"
    assert SECRET_LINK in parsed.get_content()


def test_the_user_and_password_of_the_url_sign_in() -> None:
    seen = list[LoginPassword]()

    def judge(*call: Any) -> AuthResult:
        seen.append(call[-1])
        return AuthResult(success=True)

    with running(Postbox(), authenticator=judge, auth_require_tls=False) as address:
        asyncio.run(deliver(a_message(), f"smtp://post%40example.org:s3cr%2Fet@{address}"))
    assert seen == [LoginPassword(b"post@example.org", b"s3cr/et")]


def test_the_error_of_a_rejected_smtp_login_has_no_password() -> None:
    def judge(*call: Any) -> AuthResult:
        return AuthResult(success=False, handled=False, message="535 5.7.8 no entry for post with s3cret")

    with running(Postbox(), authenticator=judge, auth_require_tls=False) as address:
        failure = failure_of(a_message(), f"smtp://post:s3cret@{address}")
    assert "535 5.7.8" in failure.detail
    assert "s3cret" not in "".join(traceback.format_exception(failure))


GONE, LATER = "550 5.1.1 nobody here", "451 4.3.0 come back later"
OF_THE_RECIPIENT = (GONE, "550 no such user", "551 user not local", "553 5.1.3 bad address", "556 no mail here")
OF_THE_RELAY = (
    "554 5.7.1 <ann@example.org>: Relay access denied",
    "550 relay not permitted, authentication required",
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    "550 5.1.8 your domain is unknown",
    "552 5.2.2 mailbox full",
    "530 5.7.0 authentication required",
    "535 5.7.8 not signed in",
    "503 sign in first",
)


@pytest.mark.parametrize(
    ("answers", "permanent"),
    [
        *(((answer,), True) for answer in OF_THE_RECIPIENT),
        *(((answer,), False) for answer in (*OF_THE_RELAY, LATER)),
        ((GONE, GONE), True),
        ((GONE, LATER), False),
    ],
)
def test_a_rejection_is_permanent_only_if_every_recipient_is_rejected_for_good(
    answers: tuple[str, ...], permanent: bool
) -> None:
    everybody = ("ann@example.org", "old@example.org")[: len(answers)]
    with running(Postbox(dict(zip(everybody, answers, strict=True)))) as address:
        failure = failure_of(a_message(*everybody), f"smtp://{address}", permanent=permanent)
    assert all(answer[:3] in failure.detail for answer in answers)


@pytest.mark.parametrize("command", ["EHLO", "MAIL"])
def test_a_server_that_rejects_us_before_it_knows_the_recipient_is_tried_again(command: str) -> None:
    postbox = Postbox()

    async def reject(_server: object, _session: object, _envelope: object, _said: object, _more: object) -> str:
        return "550 5.7.1 who are you"

    setattr(postbox, f"handle_{command}", reject)
    with running(postbox) as address:
        failure_of(a_message(), f"smtp://{address}")


def test_a_copy_that_is_refused_is_a_failure_though_the_other_recipient_was_served() -> None:
    postbox = Postbox({"old@example.org": "550 nobody here"})
    with running(postbox) as address:
        failure_of(a_message(cc="old@example.org"), f"smtp://{address}", permanent=True)
    assert [envelope.rcpt_tos for envelope in postbox.kept] == [["ann@example.org"]]


def test_a_refused_content_may_be_tried_again_and_its_link_is_not_repeated() -> None:
    with running(Postbox(at_data=f"554 5.7.1 I dislike {SECRET_LINK} for ann@example.org")) as address:
        failure = failure_of(a_message(), f"smtp://{address}")
    assert "554 5.7.1" in failure.detail
    assert not re.search(f"{SECRET_LINK}|ann@", str(failure))


def test_a_closed_port_is_a_failure_worth_trying_again() -> None:
    failure = failure_of(a_message(), f"smtp://post:s3cret@127.0.0.1:{free_port()}")
    assert failure.detail == "127.0.0.1: SMTPConnectError"


def test_a_server_that_never_speaks_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        failure_of(a_message(), f"smtp://127.0.0.1:{silent.getsockname()[1]}")


@pytest.mark.parametrize("url", ["smtp://{}?starttls=required", "smtps://{}"])
def test_where_tls_is_a_must_nothing_is_sent_without_it(url: str) -> None:
    postbox = Postbox()
    with running(postbox) as address:
        failure_of(a_message(), url.format(address))
    assert postbox.kept == []


WISHES = {"": True, "?starttls=required": True, "?starttls=never": False}


@pytest.mark.parametrize(("wish", "encrypted"), WISHES.items())
def test_starttls_is_used_if_offered_unless_the_url_says_never(
    wish: str, encrypted: bool, certificate: ssl.SSLContext
) -> None:
    postbox = Postbox()
    with running(postbox, tls_context=certificate) as address:
        asyncio.run(deliver(a_message(), f"smtp://{address}{wish}"))
    assert (len(postbox.kept), postbox.encrypted) == (1, encrypted)


def test_smtps_speaks_tls_from_the_start(certificate: ssl.SSLContext) -> None:
    postbox = Postbox()
    with running(postbox, ssl_context=certificate) as address:
        asyncio.run(deliver(a_message(), f"smtps://{address}"))
    assert len(postbox.kept) == 1


def test_an_untrusted_certificate_fails(certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    postbox = Postbox()
    with running(postbox, tls_context=certificate) as address:
        failure_of(a_message(), f"smtp://{address}")
    assert postbox.kept == []


TARGETS = {
    "file:mail": Folder(Path("mail")),
    "file:/var/mail #1": Folder(Path("/var/mail #1")),
    "file:///var/mail": Folder(Path("/var/mail")),
    "smtp://h": Server("h", None, None, None, False, None),
    "smtp://h:2525?starttls=never": Server("h", 2525, None, None, False, False),
    "smtp://h?starttls=required": Server("h", None, None, None, False, True),
    "SMTPS://u:p%40@[::1]:465/": Server("::1", 465, "u", "p@", True, False),
}


@pytest.mark.parametrize(("url", "target"), TARGETS.items())
def test_a_url_names_its_target_and_hides_the_password(url: str, target: Folder | Server) -> None:
    assert destination(url) == target
    assert "p@" not in repr(target)


BAD_URLS = """
file: file:// mail http://u:s3cret@h smtp:u:s3cret@h smtp:// smtp://u:s3cret/x@h smtp://h:s3cret
smtp://u:s3cret@[::1 smtp://u:s3cret@h/path smtp://u:s3cret#1@h smtp://u:s3cret@h?starttls=maybe smtp://u:s3cret@h?tls=1
"""


@pytest.mark.parametrize("url", ["", *BAD_URLS.split()])
def test_a_bad_url_is_an_error_that_does_not_quote_it(url: str) -> None:
    with pytest.raises(ValueError) as caught:
        asyncio.run(deliver(a_message(), url))
    assert "s3cret" not in str(caught.value)
