"""FreeSewing's own client package, unchanged, from Node: its `useBackend` hook against the running service."""

import pytest

from tests.clients.hook import Hook
from tests.clients.scenarios import SCENARIOS, Scenario
from tests.clients.site import Site
from tests.service import Service

# What is tried against a stand-in elsewhere, and here only where it is turned off.
OUTSIDE = {
    "createIssue": "opens an issue on a code forge",
    "createPostPr": "opens a pull request on a code forge",
}
# What the service has no operations for yet.
NOT_SERVED = {
    *("createPattern", "getPattern", "getPatterns", "getPublicPattern", "removePattern", "updatePattern"),
    *("createBookmark", "getBookmark", "getBookmarks", "removeBookmark", "adminLoadSubscribers"),
    *("newsletterConfirmSubscribe", "newsletterStartUnsubscribe", "newsletterSubscribe", "newsletterUnsubscribe"),
    *("removeImage", "uploadImage", "isPostSlugAvailable", "isSlugAvailable"),
}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_website_works(scenario: Scenario, hook: Hook, service: Service) -> None:
    site = Site(hook, service)
    scenario.run(site)
    assert scenario.methods <= site.called


def test_every_method_is_driven_or_needs_a_service_outside(hook: Hook) -> None:
    driven = frozenset[str]().union(*(scenario.methods for scenario in SCENARIOS))
    assert set(hook.methods) == driven | OUTSIDE.keys() | NOT_SERVED
    assert not driven & OUTSIDE.keys()
    assert not driven & NOT_SERVED
