"""One run of the contract tests against a deployment, as a process."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from tests.service import PATIENCE, ROOT


class Run:
    """One run against a deployment, with credentials in its environment, if any are given."""

    def __init__(self, url: str, reports: Path, *asked: str, **environment: str) -> None:
        self.reports = reports
        ours = {name: value for name, value in os.environ.items() if not name.startswith("CONTRACT_")}
        ours |= {"CONTRACT_URL": url, "CONTRACT_REPORTS": str(reports), "CONTRACT_KEY_LIFE": "20", **environment}
        self.log = reports / "output.txt"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.contract", *asked],
                cwd=ROOT,
                env=ours,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)

    def ended(self) -> int:
        """Its exit status."""
        return self.process.wait(10 * PATIENCE)

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self.log.read_text()

    def outcomes(self) -> dict[str, str]:
        """The outcome of each check: empty if it passed, else `skipped` or `failure` with the message."""
        cases = ElementTree.parse(self.reports / "checks.xml").iter("testcase")
        return {
            case.get("name", ""): " ".join([*(f"{part.tag} {part.get('message')}" for part in case)])
            for case in cases
        }

    def all_output(self) -> str:
        """All that it printed and all of its reports."""
        return "\n".join(path.read_text() for path in self.reports.iterdir())
