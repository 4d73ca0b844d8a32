"""The server on SQLite, fuzzed as a script with an API key, at the paths that end with `/key`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.fuzz.run import conforms
from tests.contract.running import ALL, ONLY_EXAMPLES
from tests.matrix import matrix, on_sqlite
from tests.service import Service

pytestmark = [pytest.mark.long, on_sqlite]


@pytest.mark.parametrize(("phases", "suffixed"), matrix([(ONLY_EXAMPLES, True)], full=[(ALL, True), (ALL, False)]))
def test_the_server_does_what_the_document_says(
    service: Service, tmp_path: Path, phases: str, suffixed: bool, record_property: Callable[[str, object], None]
) -> None:
    record_property("summary", conforms(service, tmp_path, "key", phases, suffixed=suffixed))
