"""No request of these tests may harm the server."""

from collections.abc import Iterator

import pytest

from tests.problems import unharmed
from tests.service import Person, Service


@pytest.fixture(scope="module", autouse=True)
def _unharmed(service: Service) -> Iterator[None]:
    with unharmed(service):
        yield


@pytest.fixture(scope="module")
def sender(service: Service) -> Person:
    """The administrator that sends the invalid requests of a module."""
    return service.sign_up("admin")
