"""Names, bounds and choices of operators' commands, compared with the document, the code and the guide."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import typer

from cli import app
from commands import keys, newsletter, quota, usage, users
from core import document
from security import ROLE_LEVELS
from tests.service import ROOT

SCHEMAS: dict[str, Any] = document.load()["components"]["schemas"]
GUIDE = (ROOT / "docs" / "administer.md").read_text()


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield the name of every command, with the names of its groups, and its help."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command.help


def guide() -> set[str]:
    """Return the commands in the table of the guide: `a`, `b` or `group c|d`."""
    section = GUIDE.partition("\n## Commands\n")[2].partition("\nA command needs")[0]
    cells = re.findall(r"^\| (`.*?) \| ", section, re.MULTILINE)
    listed = set[str]()
    for words in re.findall(r"`([^`]+)`", " ".join(cells)):
        *group, names = words.replace("\\|", "|").split()
        listed |= {" ".join((*group, name)) for name in names.split("|")}
    return listed


def test_every_command_has_a_help_text_and_is_in_the_guide() -> None:
    ours = dict(commands(typer.main.get_command(app)))
    assert all(ours.values())
    assert guide() == set(ours)


def test_bounds_are_those_of_the_document() -> None:
    assert SCHEMAS["QuotaUnits"]["maximum"] == quota.MAX_UNITS
    assert SCHEMAS["QuotaDays"]["maximum"] == quota.MAX_DAYS
    assert SCHEMAS["RevocationReason"]["maxLength"] == keys.MAX_REASON
    assert SCHEMAS["QuotaRequest"]["properties"]["answer"]["maxLength"] == quota.MAX_ANSWER


def test_choices_are_those_of_the_document_and_the_code() -> None:
    assert list(get_args(newsletter.Language)) == SCHEMAS["Language"]["enum"]
    assert list(get_args(usage.Period)) == SCHEMAS["UsagePeriod"]["enum"]
    assert get_args(users.Role) == tuple(ROLE_LEVELS)
    assert set(get_args(users.Status)) == set(users.STATUSES)
