"""Operators' commands for mails that were not sent, run as operators run them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select

from core import clock
from storage import mails
from storage.schema.tables import mails as table
from tests.handlers.database import execute
from tests.service import Service, wait_until
from tests.test_cli import cli


def new_mail(service: Service, *, due_at: datetime, **columns: Any) -> tuple[int, str]:
    """Insert a mail into the queue; return its number and its address."""
    to = f"{uuid4().hex}@example.org"
    mail = {"kind": "signup", "language": "en", "to": to, "link": "/confirm"}
    row = {"created_at": clock.now(), "due_at": due_at, "attempts": 3, "letter": mail, **columns}
    rows = execute(service, insert(table).values(**row).returning(table.c.id))
    return rows[0][0], to


def sent_to(service: Service, address: str) -> int:
    """Return the number of mails to this address in the outbox."""
    return sum(f"To: {address}" in mail.read_text() for mail in service.mails())


def test_mails_that_were_not_sent_are_listed_and_sent_when_they_are_retried(service: Service) -> None:
    later = clock.now() + timedelta(hours=6)
    given_up = {"given_up_at": clock.now(), "reason": "mail.example.org refused 1 recipient(s): 554 5.7.1"}
    failed, address_of_failed = new_mail(service, due_at=mails.NEVER, **given_up)
    waits, address_of_waiting = new_mail(service, due_at=later)
    rest, _ = new_mail(service, due_at=later)
    listed = cli(service, "mails", "list", "--after", str(failed - 1)).stdout
    line, other, _ = listed.splitlines()[1:]
    assert line.split()[0] == str(failed) and " signup " in line and " given-up " in line
    assert line.rstrip().endswith("refused 1 recipient(s): 554 5.7.1")
    assert other.split()[0] == str(waits) and " waiting " in other and clock.iso(later) in other
    assert address_of_failed not in listed and address_of_waiting not in listed
    after = ("--after", str(failed - 1))
    assert len(cli(service, "mails", "list", *after, "--state", "waiting").stdout.splitlines()) == 3
    page = cli(service, "mails", "list", *after, "--limit", "1")
    assert page.stderr == f"more: --after {failed}\n" and len(page.stdout.splitlines()) == 2
    retried = cli(service, "mails", "retry", str(failed), str(waits))
    assert retried.returncode == 0 and retried.stdout.startswith("2 mails are due now")
    for address in (address_of_failed, address_of_waiting):
        wait_until(lambda address=address: sent_to(service, address) == 1, "the mail")
    assert execute(service, select(table.c.attempts).where(table.c.id == rest))[0][0] == 3
    again = cli(service, "mails", "retry", str(failed))
    assert (again.returncode, again.stdout[:7]) == (1, "0 mails")
    assert cli(service, "mails", "retry", "--all").returncode == 0
    wait_until(lambda: not execute(service, select(table.c.id).where(table.c.id == rest)), "all mails to be sent")


def test_retry_needs_either_numbers_or_all(service: Service) -> None:
    for arguments in ((), ("1", "--all")):
        outcome = cli(service, "mails", "retry", *arguments)
        assert (outcome.returncode, outcome.stderr) == (1, "Name mails by their numbers, or use --all.\n")


def test_a_mail_that_a_sender_may_have_claimed_is_not_retried(service: Service) -> None:
    mail, _ = new_mail(service, due_at=clock.now() + mails.CLAIM)
    assert cli(service, "mails", "retry", str(mail)).returncode == 1
