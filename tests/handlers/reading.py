"""Reading of error responses, and of mails from the outbox."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import httpx2

from tests.service import DOMAIN, Service, wait_until

OUTSIDE = "example.org"
# In each security notice, see services/mail/templates/en.toml.
NOTICE = "All other sessions of your account were ended."


def failure(reply: httpx2.Response) -> tuple[int, str]:
    """Return the status and the error code of a response."""
    return reply.status_code, reply.json()["error"]


def new_address(domain: str = OUTSIDE) -> str:
    """Return an unused address."""
    return f"{uuid4().hex[:16]}@{domain}"


def new_test_address() -> str:
    """Return an unused address of the domain of test mode."""
    return new_address(DOMAIN)


def mails_to(service: Service, address: str) -> list[EmailMessage]:
    """Return the mails to this address but for security notices, oldest first."""
    return [mail for mail in all_mails_to(service, address) if NOTICE not in mail.get_body(("plain",)).get_content()]


def all_mails_to(service: Service, address: str) -> list[Any]:
    """Return the mails to this address, oldest first. (The outbox names its files after the part before the @.)"""
    files = sorted(service.outbox.glob(f"*-{address.partition('@')[0][:40]}.eml"))
    mails = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
    return [mail for mail in mails if mail["To"] == address]


def mail_to(service: Service, address: str, *, number: int = 1) -> EmailMessage:
    """Wait for the mail of this number to the address, and return it."""
    wait_until(lambda: len(mails_to(service, address)) >= number, f"mail {number} to {address}")
    mails = mails_to(service, address)
    assert len(mails) == number
    return mails[-1]


def link_in(mail: EmailMessage) -> str:
    """Return the link in a mail, which is the same in the plain text and the HTML."""
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    links: list[str] = [word for word in text.get_content().split() if "/confirm/" in word]
    assert len(links) == 1
    assert links[0] in html.get_content()
    return links[0]


def parts_of(link: str) -> tuple[str, str, str]:
    """Return the kind of a confirmation link, the id of the confirmation and its check."""
    _, kind, confirmation, check = link.rsplit("/", 3)
    return kind, confirmation, check
