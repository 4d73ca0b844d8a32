"""What docs/integrate.md shows after its tour, done. (tests/web/test_tour.py takes the tour.)"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service import ROOT, ApiKey, Person, Service, wait_until
from tests.test_readme import shape

INTEGRATE = (ROOT / "docs" / "integrate.md").read_text()
BLOCKS = re.findall(r"^```\n(\$ curl .*?)^```", INTEGRATE, re.MULTILINE | re.DOTALL)
# A command, which goes on in lines that are indented, and what it is said to print.
EXCHANGE = re.compile(r"^\$ (.*(?:\n +.*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


@pytest.fixture(scope="module")
def limiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server with the usual limits, but for the two sign-ups of each test."""
    service = Service(tmp_path_factory.mktemp("limiting"), limits="on", quotas="sign-ups=100")
    try:
        yield service.start()
    finally:
        service.close()


class Reader:
    """A reader of the file, who follows its instructions with an own key and set."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.service, self.person, self.folder = service, service.sign_up(), folder
        self.key = self.person.new_key()
        self.set = self.person.new_set()
        self.request = self.ask_for_more(self.person, self.key)["id"]

    def ask_for_more(self, person: Person, key: ApiKey) -> dict[str, Any]:
        """A request for a quota that an administrator has granted in part, as in the file."""
        wish = {"key": key.key, "policy": "day", "quota": 200_000, "days": 30, "purpose": "A study"}
        asked: dict[str, Any] = person.post("/quota-requests", wish).json()["request"]
        decision = {"state": "granted", "quota": 150_000, "answer": "Go ahead."}
        reply = self.service.sign_up("admin").patch(f"/admin/quota-requests/{asked['id']}", decision)
        assert reply.status_code == 200, reply.text
        return asked

    def use(self) -> None:
        """Call the API, once in vain, until that is counted."""
        self.key.get("/sets")
        self.key.post("/sets", {"name": 5})
        usage = f"/apikeys/{self.key.key}/usage"
        wait_until(lambda: self.key.get(usage).json()["usage"]["totals"]["errors"], "the calls to be counted")

    def run(self, command: str) -> str:
        """What a command prints, with her own in place of what the file names."""
        for theirs, hers in (
            ("http://127.0.0.1:8000", self.service.url),
            ('"set": 12', f'"set": {self.set["id"]}'),
            ("3d59824c-d673-47a7-8b06-90afc11a05d4", self.key.key),
            ("2571ccc4-060f-4eaf-ab82-f35d15e0726f", self.request),
        ):
            command = command.replace(theirs, hers)
        own = {"KEY": self.key.key, "SECRET": self.key.secret, "AUTH": f"{self.key.key}:{self.key.secret}"}
        environment = {**os.environ, "NO_PROXY": "*", **own}
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=environment, capture_output=True, check=True, timeout=60
        )
        return done.stdout.decode().replace("\r", "")


def likeness(printed: str) -> Any:
    """What two outputs of a command have in common: names and types, or all but the numbers."""
    lines = printed.splitlines()
    return [shape(json.loads(line)) if line.startswith("{") else re.sub(r"\d+", "0", line) for line in lines]


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_command_prints_what_the_file_says(limiting: Service, block: str, tmp_path: Path) -> None:
    reader = Reader(limiting, tmp_path)
    reader.use()
    exchanges = EXCHANGE.findall(block)
    assert exchanges
    for command, shown in exchanges:
        printed = reader.run(command)
        if stored := re.search(r" -o (\S+)", command):
            assert (tmp_path / stored[1]).read_bytes().startswith(b"<?xml")
        elif shown:
            assert likeness(printed) == likeness(shown), printed
        else:
            assert '"result":"created"' in printed, printed
