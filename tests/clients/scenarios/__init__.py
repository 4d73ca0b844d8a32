"""What the website does through the hook, in the order of its pages, and what it reads of each answer.

A scenario drives every method that it is listed with; each asserts the status and the members that FreeSewing's own
components rely on.
"""

from collections.abc import Callable
from typing import NamedTuple

from tests.clients.site import Site


class Scenario(NamedTuple):
    """What somebody does on the website, and the methods of the hook that this takes."""

    name: str
    methods: frozenset[str]
    run: Callable[[Site], None]


SCENARIOS: list[Scenario] = []


def drives(*methods: str) -> Callable[[Callable[[Site], None]], Callable[[Site], None]]:
    """List a function as the scenario of these methods."""

    def listed(run: Callable[[Site], None]) -> Callable[[Site], None]:
        SCENARIOS.append(Scenario(run.__name__, frozenset(methods), run))
        return run

    return listed
