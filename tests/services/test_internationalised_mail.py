"""Mail to and from internationalised domains: A-labels in headers and envelope, U-labels in words."""

import asyncio
from email import message_from_bytes, policy

import pytest

from services.mail.delivery import deliver
from services.mail.messages import Mail, render
from tests.services.test_delivery import Postbox, running

DOMAIN = "xn--bcher-kva.example"
SENDER = "Us <hello@bücher.example>"
URL = "https://example.org"
MAIL = Mail("emailchange-taken", "en", f"ann@{DOMAIN}", reply_to="bob@bücher.example")


def test_a_server_without_smtputf8_gets_a_labels() -> None:
    postbox = Postbox()
    with running(postbox) as address:
        message = render(MAIL, sender=SENDER, website=URL, server=URL)
        asyncio.run(deliver(message, f"smtp://{address}?starttls=never"))
    envelope = postbox.kept[0]
    assert (envelope.mail_from, envelope.rcpt_tos) == (f"hello@{DOMAIN}", [f"ann@{DOMAIN}"])
    assert isinstance(envelope.content, bytes)
    head, _, _ = envelope.content.partition(b"\r\n\r\n")
    received = message_from_bytes(envelope.content, policy=policy.default)
    assert head.isascii()
    assert [str(received[name]) for name in ("From", "To", "Reply-To")] == [
        f"Us <hello@{DOMAIN}>",
        f"ann@{DOMAIN}",
        f"bob@{DOMAIN}",
    ]
    text = received.get_body(("plain",))
    assert text is not None and "ann@bücher.example" in text.get_content()


def test_a_sender_whose_domain_is_none_is_an_error_of_the_settings() -> None:
    with pytest.raises(ValueError, match="domain"):
        render(MAIL, sender="Us <hello@☃.example>", website=URL, server=URL)
