"""The server, fuzzed at the paths that end with `/jwt` or `/key`: other ways in to the same handlers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.fuzz.run import conforms
from tests.contract.running import ALL, ONLY_EXAMPLES
from tests.matrix import matrix, on_sqlite
from tests.service import Service

pytestmark = [pytest.mark.long, on_sqlite]

USUAL = [("key", ONLY_EXAMPLES)]
EVERY = [("bearer", "examples,fuzzing"), ("key", ALL)]


@pytest.mark.parametrize(("scheme", "phases"), matrix(USUAL, full=EVERY))
def test_the_server_does_what_the_document_says(
    service: Service, tmp_path: Path, scheme: str, phases: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("summary", conforms(service, tmp_path, scheme, phases, suffixed=True))
