"""The server, fuzzed as a person with a token: every operation, in every phase of Schemathesis."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.fuzz.run import conforms
from tests.contract.running import ALL
from tests.matrix import ENGINES, FULL, matrix
from tests.service import Service

pytestmark = pytest.mark.long


@pytest.mark.parametrize("service", matrix(["postgresql"], full=ENGINES), indirect=True)
def test_the_server_does_what_the_document_says(
    service: Service, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("summary", conforms(service, tmp_path, "bearer", ALL, examples=3 if FULL else 1))
