"""A server with limits that a test can reach."""

from collections.abc import Iterator

import pytest

from tests.limits.still import Still
from tests.service import Service

QUOTAS = {
    "burst": 12,
    "day": 40,
    "account-burst": 60,
    "account-day": 100_000,
    "address-burst": 100_000,
    "address-day": 100_000,
    "sign-ins": 100_000,
    "sign-ups": 100_000,
    "mails": 100_000,
    "mails-to": 3,
    "leak-reports": 100_000,
}


def settings(**changed: int) -> dict[str, str]:
    """The settings of a server with these quotas."""
    quotas = QUOTAS | {name.replace("_", "-"): units for name, units in changed.items()}
    return {"limits": "on", "quotas": ",".join(f"{name}={units}" for name, units in quotas.items())}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server whose keys have small quotas."""
    service = Still(tmp_path_factory.mktemp("limited"), **settings())
    try:
        yield service.start()
    finally:
        service.close()
