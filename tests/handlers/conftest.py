"""Fixtures of the handlers' tests."""

from collections.abc import Iterator

import pytest

from tests.databases import fresh_postgres
from tests.handlers.mfa_account import MfaAccount
from tests.in_process import AsgiService, in_process
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
def mfa_account(alice: Person) -> MfaAccount:
    """Alice with multi-factor authentication."""
    return MfaAccount(alice)


@pytest.fixture(scope="session")
def curator(service: Service) -> Person:
    """A curator."""
    return service.sign_up("curator")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def application(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsgiService]:
    """The application, in this process."""
    data = tmp_path_factory.mktemp("in_process")
    if request.param == "sqlite":
        with in_process(data) as there:
            yield there
    else:
        with fresh_postgres() as url, in_process(data, url) as there:
            yield there
