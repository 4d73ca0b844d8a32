"""Base images are pinned by digest, and `make pin` writes the digests that their tags have now."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from tests.service import PATIENCE, ROOT

DEPLOY = ROOT / "deploy"
PINNED = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
# What the command prints that asks the registry.
DOCKER = '#!/bin/sh\n[ "$1 $2 $3" = "buildx imagetools inspect" ] || exit 2\necho sha256:{digest}\n'


def test_every_image_of_others_is_pinned_by_digest() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    [base] = re.findall(r"^ARG BASE=(.+)$", dockerfile, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)) == {"${BASE}"}
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    images = [service["image"] for service in services.values() if "build" not in service]
    assert len(images) == 3
    assert all(PINNED.fullmatch(image) for image in [base, *images])


def test_pinning_replaces_each_digest_and_nothing_else(tmp_path: Path) -> None:
    digest = "0123456789abcdef" * 4
    _docker(tmp_path, DOCKER.format(digest=digest))
    for name in ("Dockerfile", "compose.yaml"):
        path = Path(shutil.copy(DEPLOY / name, tmp_path))
        assert _pin(tmp_path, path).returncode == 0
        assert path.read_text() == re.sub("(?<=@sha256:)[0-9a-f]{64}", digest, (DEPLOY / name).read_text())


def test_an_image_without_a_digest_gets_one(tmp_path: Path) -> None:
    _docker(tmp_path, DOCKER.format(digest="a" * 64))
    file = tmp_path / "compose.yaml"
    file.write_text("    image: redis:7\n")
    _pin(tmp_path, file)
    assert file.read_text() == f"    image: redis:7@sha256:{'a' * 64}\n"


def test_a_registry_that_is_away_changes_nothing(tmp_path: Path) -> None:
    _docker(tmp_path, "#!/bin/sh\necho no route to host >&2\nexit 1\n")
    file = Path(shutil.copy(DEPLOY / "compose.yaml", tmp_path))
    ended = _pin(tmp_path, file)
    assert ended.returncode == 1 and "no route to host" in ended.stderr and "Traceback" not in ended.stderr
    assert file.read_text() == (DEPLOY / "compose.yaml").read_text()


def _docker(folder: Path, text: str) -> None:
    program = folder / "docker"
    program.write_text(text)
    program.chmod(0o755)


def _pin(folder: Path, file: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, str(ROOT / "tools" / "pin.py"), str(file)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
