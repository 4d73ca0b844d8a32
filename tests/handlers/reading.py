"""Reading what came back: refusals, and letters from the outbox."""

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
    """The status and the code of a refusal."""
    return reply.status_code, reply.json()["error"]


def new_address(domain: str = OUTSIDE) -> str:
    """An address that nobody has."""
    return f"{uuid4().hex[:16]}@{domain}"


def new_test_address() -> str:
    """An address of test mode's domain that nobody has."""
    return new_address(DOMAIN)


def letters_to(service: Service, address: str) -> list[EmailMessage]:
    """Return the mails to this address but for security notices, oldest first."""
    return [mail for mail in all_mails_to(service, address) if NOTICE not in mail.get_body(("plain",)).get_content()]


def all_mails_to(service: Service, address: str) -> list[Any]:
    """Return the mails to this address, oldest first. (The outbox names its files after the part before the @.)"""
    files = sorted(service.outbox.glob(f"*-{address.partition('@')[0][:40]}.eml"))
    mails = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
    return [mail for mail in mails if mail["To"] == address]


def letter_to(service: Service, address: str, *, number: int = 1) -> EmailMessage:
    """The letter of this number to the address, once it has arrived."""
    wait_until(lambda: len(letters_to(service, address)) >= number, f"letter {number} to {address}")
    letters = letters_to(service, address)
    assert len(letters) == number
    return letters[-1]


def link_in(letter: EmailMessage) -> str:
    """The link that a letter carries; both of its parts have the same one."""
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert html is not None
    links: list[str] = [word for word in text.get_content().split() if "/confirm/" in word]
    assert len(links) == 1
    assert links[0] in html.get_content()
    return links[0]


def parts_of(link: str) -> tuple[str, str, str]:
    """What a link confirms, its id, and its check."""
    _, kind, confirmation, check = link.rsplit("/", 3)
    return kind, confirmation, check
