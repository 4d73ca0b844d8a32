"""The server, fuzzed as a person with a token: every operation in every phase, on PostgreSQL."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.fuzz.run import conforms
from tests.contract.running import ALL
from tests.matrix import ENGINES, FULL, matrix
from tests.service import Service

pytestmark = pytest.mark.long

# The engine, the phases, and whether the paths end with `/jwt`.
USUAL = [("postgresql", ALL, False)]
EVERY = [*((engine, ALL, False) for engine in ENGINES), ("sqlite", "examples,fuzzing", True)]


@pytest.mark.parametrize(("service", "phases", "suffixed"), matrix(USUAL, full=EVERY), indirect=["service"])
def test_the_server_does_what_the_document_says(
    service: Service, tmp_path: Path, phases: str, suffixed: bool, record_property: Callable[[str, object], None]
) -> None:
    examples = 3 if FULL and not suffixed else 1
    summary = conforms(service, tmp_path, "bearer", phases, suffixed=suffixed, examples=examples)
    record_property("summary", summary)
