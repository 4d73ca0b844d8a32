"""The guide names the tools as they are tested."""

import json
from importlib.metadata import version

from tests.service import ROOT

GUIDE = (ROOT / "docs" / "integrate.md").read_text(encoding="utf-8")
PACKAGES = json.loads((ROOT / "tests" / "generated" / "typescript" / "package.json").read_text(encoding="utf-8"))


def test_it_says_which_versions_were_tried() -> None:
    locked = PACKAGES["dependencies"]
    both = "openapi-typescript", "openapi-fetch"
    for row in (
        f"| openapi-python-client | {version('openapi-python-client')} |",
        f"| openapi-generator | {version('openapi-generator-cli')} |",
        f"| {', '.join(both)} | {', '.join(locked[name] for name in both)} |",
    ):
        assert row in GUIDE
