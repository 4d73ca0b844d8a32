"""The server on SQLite, fuzzed as a script with an API key."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.fuzz.run import conforms
from tests.contract.running import ALL, ONLY_EXAMPLES
from tests.matrix import FULL, on_sqlite
from tests.service import Service

pytestmark = [pytest.mark.long, on_sqlite]


def test_the_server_does_what_the_document_says(
    service: Service, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("summary", conforms(service, tmp_path, "key", ALL if FULL else ONLY_EXAMPLES))
