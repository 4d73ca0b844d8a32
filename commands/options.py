"""Arguments and options that several commands have, as annotations for Typer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import typer

# Rows of a list by default, and at most.
DEFAULT_ROWS, MAX_ROWS = 100, 1000
# The largest number of a row.
MAX_NUMBER = 2**53

Login = Annotated[str, typer.Argument(help="E-mail address, user name or number of the account.")]
Key = Annotated[UUID, typer.Argument(help="The API key, without its secret.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
Limit = Annotated[int, typer.Option(min=1, max=MAX_ROWS, help="The largest number of rows.")]
After = Annotated[int, typer.Option(min=0, max=MAX_NUMBER, help="List the rows after the row with this number.")]


def text(most: int) -> Callable[[str], str]:
    """Return a parser that accepts 1 to `most` characters."""

    def text(given: str) -> str:
        if not 1 <= len(given) <= most:
            raise typer.BadParameter(f"must have 1 to {most} characters")
        return given

    return text


def print_next_page(listed: Sequence[Mapping[Any, Any]], limit: int) -> None:
    """Print on stderr which option lists the next rows, if there may be any."""
    if len(listed) == limit:
        typer.echo(f"more: --after {listed[-1]['id']}", err=True)
