"""Fixtures of the tests of who comes in."""

from collections.abc import Iterator

import pytest

from tests.problems import unharmed
from tests.service import ApiKey, Person, Service


@pytest.fixture(scope="module", autouse=True)
def _unharmed(service: Service) -> Iterator[None]:
    with unharmed(service):
        yield


@pytest.fixture(scope="module")
def owner(service: Service) -> Person:
    """An account that no test of the module changes."""
    return service.sign_up()


@pytest.fixture(scope="module")
def key(owner: Person) -> ApiKey:
    """A key that stays good."""
    return owner.new_key()
