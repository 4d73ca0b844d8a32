"""`python -m tests.contract`: the checks of `checks/` against the deployment at CONTRACT_URL, with reports."""

import os
import sys

import pytest

from tests.contract.running import REPORTS
from tests.service import ROOT


def main() -> int:
    """Run them, one after the other, so that limits are kept; what pytest's exit status says."""
    if not os.environ.get("CONTRACT_URL"):
        print("CONTRACT_URL says which deployment to check, such as https://api.example.org.", file=sys.stderr)
        return pytest.ExitCode.USAGE_ERROR
    os.chdir(ROOT)
    return pytest.main(
        [
            *("tests/contract/checks", "--verbose", "--no-fold-skipped"),
            *(f"--junitxml={REPORTS}/checks.xml", "-o", "junit_family=xunit1"),
            *(f"--html={REPORTS}/checks.html", "--self-contained-html"),
            *sys.argv[1:],
        ]
    )


if __name__ == "__main__":
    raise SystemExit(main())
