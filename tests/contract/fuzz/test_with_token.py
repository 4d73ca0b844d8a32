"""The server, fuzzed as a person with a token: every operation, with generated requests, on PostgreSQL."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.fuzz.run import conforms
from tests.contract.running import ALL, GENERATED
from tests.matrix import ENGINES, FULL, matrix
from tests.service import Service

pytestmark = pytest.mark.long


ROWS = matrix([("postgresql", GENERATED)], full=[(engine, ALL) for engine in ENGINES])


@pytest.mark.parametrize(("service", "phases"), ROWS, indirect=["service"])
def test_the_server_does_what_the_document_says(
    service: Service, tmp_path: Path, phases: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("summary", conforms(service, tmp_path, "bearer", phases, examples=3 if FULL else 1))
