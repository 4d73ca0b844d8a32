"""FreeSewing's own client package, unchanged, from Node: its `useBackend` hook against the running service."""

import pytest

from tests.clients.hook import Hook
from tests.clients.scenarios import SCENARIOS, Scenario
from tests.clients.site import Site
from tests.service import Service


# Which engine stores the data makes no difference to the package.
@pytest.mark.parametrize("service", ["sqlite"], indirect=True)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_website_works(scenario: Scenario, hook: Hook, service: Service) -> None:
    site = Site(hook, service)
    scenario.run(site)
    assert scenario.methods <= site.called


def test_every_method_is_driven(hook: Hook) -> None:
    driven = frozenset[str]().union(*(scenario.methods for scenario in SCENARIOS))
    assert set(hook.methods) == driven
