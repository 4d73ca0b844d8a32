"""The tour, taken in each language with the code of the page, on a server with small quotas and without test mode."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.limits.conftest import settings
from tests.service import Service, wait_until
from tests.web.tour_programs import NEEDS, Tour, codes, lacking, started

# The quota of a window: after a call the next one waits for the next window.
CALLS = 1


class ShortWindows(Service):
    """The server, with windows of seconds where quotas are per minute."""

    module = "tests.web.short_windows"


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server as in production, with short windows."""
    service = ShortWindows(tmp_path_factory.mktemp("limited"), test_mode="0", **settings(burst=CALLS, day=100))
    try:
        yield service.start()
    finally:
        service.close()


@pytest.fixture(scope="module")
def tours(limited: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Tour]]:
    """The tour in all languages that this machine has, at once, as most of it is waiting."""
    with ExitStack() as stack:
        found = {
            language: stack.enter_context(started(limited, language, tmp_path_factory.mktemp(language)))
            for language in NEEDS
            if not lacking(language)
        }
        for tour in found.values():
            tour.open_mail()
        yield found


@pytest.fixture(params=NEEDS)
def tour(request: pytest.FixtureRequest, tours: dict[str, Tour]) -> Tour:
    """The tour in each language; skipped where this machine lacks it, which with CI=true is a failure."""
    if reason := lacking(request.param):
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return tours[request.param]


def test_the_tour_leads_from_an_address_to_a_stored_set_and_waits_where_it_is_asked_to(tour: Tour) -> None:
    status, printed = tour.finish()
    assert (status, printed) == (0, codes(tour.service.http.get("/docs/start").text)["text"]), printed
    owner = tour.owner()
    stored = {one["name"]: one["measies"] for one in owner.every("/sets", "sets")}
    assert stored == {"Alice": {"chest": 920, "waist": 770}, "Bob": {"chest": 1040}}
    [key] = owner.every("/apikeys", "apikeys")
    assert (key["name"], key["level"], key["state"]) == ("tour", 3, "active")

    def refused() -> int:
        usage = owner.get(f"/apikeys/{key['key']}/usage?by=status").json()["usage"]
        return int(usage["totals"]["errors"])

    # Besides the error and the late update that the tour shows: those after which it waited.
    wait_until(lambda: refused() > 2, "the rejected calls to be counted")
