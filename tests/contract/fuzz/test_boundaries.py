"""The server on SQLite, fuzzed as a person with a token: every operation, at the boundaries of its schemas."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.fuzz.run import conforms
from tests.contract.running import BOUNDARIES
from tests.matrix import on_sqlite
from tests.service import Service

pytestmark = [pytest.mark.long, on_sqlite]


def test_the_server_does_what_the_document_says(
    service: Service, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("summary", conforms(service, tmp_path, "bearer", BOUNDARIES))
