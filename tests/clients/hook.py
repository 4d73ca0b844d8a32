"""FreeSewing's published client package, and its hook that talks to the backend, in a Node process of its own."""

import json
import os
import subprocess
import tarfile
from base64 import b64encode
from hashlib import sha512
from pathlib import Path
from typing import Any

import pytest

from tests.service import PATIENCE
from tools.lint import lint

PACKAGE = "@freesewing/react@4.10.2"
# Of the tarball, as npm itself states it.
INTEGRITY = "sha512-Nq6XmSbe5nty8Amj/5nt+E2PqIfVq/Zl8shlF1Bv17qdg5BoxuuyNpeeyJrHr8s7cLHxFW2XVxstU3OPzNKBpQ=="
# By default npm retries for over a minute.
FEW_RETRIES = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=20000")
HOOK = Path("package", "hooks", "useBackend", "index.mjs")
DRIVER = Path(__file__).with_name("hook.mjs")


def unpacked(folder: Path) -> Path:
    """The package's own files in this folder; skips, saying so, where npm is away, which with CI=true is a failure.

    Nothing that the package depends on is fetched, and nothing of it is run but what a test imports.
    """
    root = lint.node_root()
    arguments = ["pack", PACKAGE, "--ignore-scripts", "--prefer-offline", "--silent", "--json", *FEW_RETRIES]
    packed = lint.run(root, lint.npm_script(root), arguments, folder)
    if packed.returncode != 0:
        report = json.loads(packed.stdout or "{}").get("error", {})
        if report.get("code") not in lint.UNREACHABLE_CODES:
            pytest.fail(f"npm pack {PACKAGE} failed: {report or packed.stderr.strip()}")
        reason = f"the npm registry cannot be reached, so {PACKAGE} was NOT tried"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    (tarball,) = folder.glob("*.tgz")
    assert "sha512-" + b64encode(sha512(tarball.read_bytes()).digest()).decode() == INTEGRITY
    with tarfile.open(tarball) as archive:
        archive.extractall(folder, filter="data")
    return folder


class Hook:
    """The hook, as pages call it."""

    def __init__(self, folder: Path) -> None:
        command = [str(lint.node_command(lint.node_root())), str(DRIVER), str(folder / HOOK)]
        self.errors = (folder / "errors.txt").open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, encoding="utf-8"
        )
        self.methods: list[str] = self._answer()

    def call(self, url: str, token: str | None, method: str, *arguments: Any) -> Any:
        """What a method resolves to, against the backend at `url`, with the token that the browser has stored."""
        assert self.process.stdin is not None
        request = {"url": url, "token": token, "method": method, "arguments": arguments}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self._answer()
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer.get("result")

    def close(self) -> None:
        """End it."""
        self.process.communicate(timeout=PATIENCE)
        self.errors.close()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            pytest.fail(f"the Node process ended: {self.errors.read()}")
        return json.loads(line)
