"""What the website does through the hook, each with the methods that it takes."""

from collections.abc import Callable
from typing import NamedTuple

from tests.clients.site import Site


class Scenario(NamedTuple):
    """Actions on the website, and the methods of the hook that they drive."""

    name: str
    methods: frozenset[str]
    run: Callable[[Site], None]


SCENARIOS: list[Scenario] = []


def drives(*methods: str) -> Callable[[Callable[[Site], None]], Callable[[Site], None]]:
    """List a function as a scenario of these methods."""

    def listed(run: Callable[[Site], None]) -> Callable[[Site], None]:
        SCENARIOS.append(Scenario(run.__name__, frozenset(methods), run))
        return run

    return listed
