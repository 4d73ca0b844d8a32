"""Fixtures of the handlers' tests."""

from collections.abc import Iterator

import pytest

from tests.handlers.guarded import Guarded
from tests.service import Person, Service


@pytest.fixture(scope="session")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server whose operator has turned on neither test mode nor imports."""
    service = Service(tmp_path_factory.mktemp("strict"), test_mode="0", import_token="")
    try:
        yield service.start()
    finally:
        service.close()


@pytest.fixture
def guarded(alice: Person) -> Guarded:
    """Alice with multi-factor authentication."""
    return Guarded(alice)


@pytest.fixture(scope="session")
def curator(service: Service) -> Person:
    """Who may curate, and nothing more."""
    return service.sign_up("curator")
