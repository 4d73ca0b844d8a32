"""The section "Several instances on one machine" of docs/operate.md, done as it stands, with other ports."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import nginx
from tests.databases import fresh_postgres, fresh_redis
from tests.operators.systemd import clean_environment
from tests.operators.test_upgrade import copy_code
from tests.service import PATIENCE, ROOT, free_port

SECTION = "\n## Several instances on one machine\n"
INSTALL = "python3 -m venv .venv && .venv/bin/pip install --quiet --require-hashes --requirement requirements.txt\n"
pytestmark = pytest.mark.long


def commands() -> str:
    """All that is done in the clone: every block but the first two, which install packages and set the variables."""
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8").partition(SECTION)[2].partition("\n## ")[0]
    blocks = re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert "apt-get install" in blocks[0] and blocks[1].startswith("export PORT_1=")
    script = "".join(blocks[2:])
    assert script.count(INSTALL) == 1 and script.count("/usr/sbin/nginx ") == 1
    return script.replace(INSTALL, "").replace("/usr/sbin/nginx ", f"{nginx.PROGRAM} ")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files of this repository, with a virtual environment."""
    folder = copy_code(tmp_path / "clone")
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def test_two_instances_behind_nginx_restart_without_a_failed_request_as_documented(clone: Path) -> None:
    nginx.require_nginx()
    with fresh_postgres() as database, fresh_redis() as redis:
        ports = {name: str(free_port()) for name in ("PORT_1", "PORT_2", "PORT_NGINX")}
        variables = {**ports, "ROOM": str(clone / "data"), "DATABASE": database, "REDIS": redis}
        script = subprocess.Popen(
            ["bash", "-euc", commands()],
            cwd=clone,
            env=clean_environment(**variables),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            printed = script.communicate(timeout=5 * PATIENCE)[0]
        finally:
            _end(script, clone / "data" / "nginx.pid")
    assert script.returncode == 0
    # A status, and how often it came.
    assert re.fullmatch(r"\s*\d+ 200", printed.splitlines()[-1])
    assert len(re.findall(r"^\s*\d+ \d{3}$", printed, re.MULTILINE)) == 1


def _end(script: "subprocess.Popen[str]", nginx_pid: Path) -> None:
    """End what a script that failed has left."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(script.pid, signal.SIGKILL)
    with contextlib.suppress(OSError, ValueError):
        os.kill(int(nginx_pid.read_text()), signal.SIGTERM)
