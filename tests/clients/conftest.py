"""The fixtures of the clients' tests."""

from collections.abc import Iterator

import pytest

from tests.clients import hook as package
from tests.clients.hook import Hook

# So that a scenario that fails tells what it found.
pytest.register_assert_rewrite("tests.clients.site", "tests.clients.scenarios")


@pytest.fixture(scope="session")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hook]:
    """FreeSewing's hook, in a Node process of its own."""
    running = Hook(package.unpacked(tmp_path_factory.mktemp("react")))
    try:
        yield running
    finally:
        running.close()
