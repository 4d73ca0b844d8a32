"""The server that generated clients talk to."""

from collections.abc import Iterator

import pytest

from tests.service import Service


@pytest.fixture(scope="session")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server whose keys may make five calls a minute."""
    service = Service(tmp_path_factory.mktemp("limited"), limits="on", quotas="burst=5")
    try:
        yield service.start()
    finally:
        service.close()
