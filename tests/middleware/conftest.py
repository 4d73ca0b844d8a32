"""Whatever these tests send, the server is to come to no harm."""

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
    """Somebody who may do everything, and sends what is wrong, all through a module."""
    return service.sign_up("admin")
