"""Each deliberate fault is caught, by the check that is there for it, and that check finds nothing else."""

import re
from collections.abc import Iterator

import pytest

from tests.contract import promises
from tests.contract.deployment import Deployment
from tests.contract.faults.server import IN_CODE, IN_REPLIES
from tests.contract.faults.table import CATCHES
from tests.service import ROOT, Service

pytestmark = pytest.mark.long

# Limits are on, as one fault is of them, and never reached.
PLENTY = ",".join(
    f"{policy}=1000000"
    for policy in (
        "burst",
        "day",
        "account-burst",
        "account-day",
        "address-burst",
        "address-day",
        "sign-ups",
        "sign-ins",
        "mails",
        "mails-to",
        "notices-to",
        "staff-mails",
        "images",
        "anonymous-images",
        "leak-reports",
    )
)


class FaultyService(Service):
    """A server whose faults can be switched."""

    module = "tests.contract.faults.server"

    def switch(self, fault: str) -> None:
        """Have this fault, or none."""
        assert self.http.put("/fault", content=fault.encode()).status_code == 204


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyService]:
    """The server, without a fault so far."""
    service = FaultyService(tmp_path_factory.mktemp("faulty"), limits="on", quotas=PLENTY)
    try:
        service.start()
        yield service
    finally:
        service.close()


@pytest.fixture(scope="module")
def there(faulty: FaultyService) -> Iterator[Deployment]:
    """The same, as the checks see it."""
    deployment = Deployment(faulty.url)
    yield deployment
    deployment.leave()


def test_every_fault_has_its_check() -> None:
    assert set(CATCHES) == set(IN_REPLIES) | set(IN_CODE)
    assert len(CATCHES) >= 24


def test_every_check_of_a_promise_catches_a_fault() -> None:
    caught = {catch.name.partition("[")[0] for catch in CATCHES.values()}
    checks = {name for promise in promises.load() for name in promise.checks}
    assert checks <= caught, f"no fault is seeded for {sorted(checks - caught)}"


def test_the_table_in_the_docs_is_this_one() -> None:
    text = (ROOT / "docs" / "contract-faults.md").read_text()
    rows = re.findall(r"^\| (.+) \| `(test_.+)` \|$", text, re.MULTILINE)
    assert rows == [(fault, catch.name) for fault, catch in CATCHES.items()]


@pytest.mark.parametrize("fault", CATCHES)
def test_a_fault_is_caught_by_its_check(faulty: FaultyService, there: Deployment, fault: str) -> None:
    catch = CATCHES[fault]
    catch.check(there, **catch.arguments)
    faulty.switch(fault)
    try:
        with pytest.raises(AssertionError, match=catch.message):
            catch.check(there, **catch.arguments)
    finally:
        faulty.switch("")
