"""FreeSewing's own client package, unchanged, from Node: its `useBackend` hook against the running service."""

from typing import Any

import pytest

from tests.clients.hook import Hook
from tests.clients.scenarios import SCENARIOS, Scenario
from tests.clients.site import Site
from tests.service import Service

POST = {"slug": "aaron-in-linen", "language": "en", "markdown": "# Aaron"}
# What needs a code forge: the arguments of a call, which is refused where none is configured.
ON_A_FORGE: dict[str, list[Any]] = {
    "createIssue": [{"title": "A bug", "body": "It does not fit"}],
    "createPostPr": ["showcase", POST],
}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_website_works(scenario: Scenario, hook: Hook, service: Service) -> None:
    site = Site(hook, service)
    scenario.run(site)
    assert scenario.methods <= site.called


@pytest.mark.parametrize("method", ON_A_FORGE)
def test_what_needs_a_code_forge_says_that_there_is_none(method: str, hook: Hook, service: Service) -> None:
    page = Site(hook, service).signed_in()
    assert page.refused(method, *ON_A_FORGE[method]) == (400, "notEnabled")


def test_every_method_is_driven_or_needs_a_code_forge(hook: Hook) -> None:
    driven = frozenset[str]().union(*(scenario.methods for scenario in SCENARIOS))
    assert set(hook.methods) == driven | ON_A_FORGE.keys()
    assert not driven & ON_A_FORGE.keys()
