"""`mails`: list mails that were not sent, and send them again."""

from typing import Annotated, Any, Literal

import typer

from commands import tables, work
from commands.options import DEFAULT_ROWS, MAX_NUMBER, After, Limit, print_next_page
from commands.work import Failed
from core import clock
from storage import mails
from storage.schema.tables import Record

COLUMNS = ("mail", "created", "account", "kind", "state", "attempts", "next attempt", "reason")
app = typer.Typer(help="List mails that were not sent, and send them again.")


@app.command("list")
def list_mails(
    state: Annotated[Literal["waiting", "given-up"] | None, typer.Option(help="List only these.")] = None,
    limit: Limit = DEFAULT_ROWS,
    after: After = 0,
) -> None:
    """List mails that wait or were given up, oldest first."""
    has_failed = None if state is None else state == "given-up"
    found = work.run(lambda storage, _: storage.read(mails.page, limit=limit, after=after, has_failed=has_failed))
    tables.rows(COLUMNS, list(map(_row, found)))
    print_next_page(found, limit)


def _row(mail: Record) -> tuple[Any, ...]:
    """Neither the address nor the link, which signs in: `users show` has the address of the account."""
    is_given_up = mail["given_up_at"] is not None
    return (
        mail["id"],
        mail["created_at"],
        mail["user_id"],
        mail["letter"].get("kind"),
        "given-up" if is_given_up else "waiting",
        mail["attempts"],
        None if is_given_up else mail["due_at"],
        mail["reason"],
    )


@app.command()
def retry(
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="MAIL...", min=1, max=MAX_NUMBER, help="The numbers of the mails.")
    ] = None,
    all_mails: Annotated[bool, typer.Option("--all", help="All mails that wait or were given up.")] = False,
) -> None:
    """Let a running server send mails again at once, with as many attempts as a new mail."""
    if bool(numbers) == all_mails:
        raise Failed("Name mails by their numbers, or use --all.")
    chosen = None if all_mails else set(numbers or ())
    count = work.run(lambda storage, _: storage.write(mails.retry, chosen, now=clock.now()))
    print(f"{count} mails are due now; a running server sends them within seconds.")
    if chosen is not None and count < len(chosen):
        raise Failed("The others do not exist, or are due within minutes anyway.")
