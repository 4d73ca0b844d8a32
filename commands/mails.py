"""`mails`: mails that wait or were given up, and another try."""

from typing import Any

import storage
from commands import tables
from commands.work import Failed, Parsers, command, connected, group, number, paged, say_more
from core import clock
from settings import Settings
from storage import mails
from storage.schema.tables import Record

COLUMNS = ("mail", "created", "account", "kind", "state", "attempts", "next attempt", "reason")
WAITING, GIVEN_UP = "waiting", "given-up"


def add(parsers: Parsers) -> None:
    """`mails list|retry`."""
    queue = group(parsers, "mails", "look at mails that were not sent, and try again")
    listed = command(queue, "list", _list, "list mails that wait or were given up, oldest first")
    listed.add_argument("--state", choices=(WAITING, GIVEN_UP), help="only these")
    paged(listed)
    text = "let a running server try mails again at once; with all their attempts"
    retry = command(queue, "retry", _retry, text)
    retry.add_argument("mail", nargs="*", type=number(1, 2**53), help="its number")
    retry.add_argument("--all", action="store_true", help="all that wait or were given up")


def _list(settings: Settings, options: Any) -> None:
    has_failed = None if options.state is None else options.state == GIVEN_UP
    page = {"limit": options.limit, "after": options.after, "has_failed": has_failed}
    found = connected(settings, lambda: storage.read(mails.page, **page))
    tables.rows(COLUMNS, list(map(_row, found)))
    say_more(found, options)


def _row(mail: Record) -> tuple[Any, ...]:
    """Neither the address nor the link, which signs in: `users show` has the address of the account."""
    is_given_up = mail["given_up_at"] is not None
    return (
        mail["id"],
        mail["created_at"],
        mail["user_id"],
        mail["letter"].get("kind"),
        GIVEN_UP if is_given_up else WAITING,
        mail["attempts"],
        None if is_given_up else mail["due_at"],
        mail["reason"],
    )


def _retry(settings: Settings, options: Any) -> None:
    if bool(options.mail) == options.all:
        raise Failed("Name mails by their numbers, or use --all.")
    numbers = set(options.mail)
    chosen = None if options.all else numbers
    count = connected(settings, lambda: storage.write(mails.retry, chosen, now=clock.now()))
    print(f"{count} mails are due now; a running server sends them within seconds.")
    if not options.all and count < len(numbers):
        raise Failed("The others do not exist, or are due within minutes anyway.")
