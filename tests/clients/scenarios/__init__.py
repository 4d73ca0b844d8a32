"""What FreeSewing's website does, page by page; each asserts the members that its components read of the answers."""

from tests.clients.scenario import SCENARIOS, Scenario
from tests.clients.scenarios import (
    account,
    administration,
    bookmarks,
    curation,
    flows,
    newsletter,
    patterns,
    sessions,
    sets,
    visitors,
)

__all__ = [
    "SCENARIOS",
    "Scenario",
    "account",
    "administration",
    "bookmarks",
    "curation",
    "flows",
    "newsletter",
    "patterns",
    "sessions",
    "sets",
    "visitors",
]
