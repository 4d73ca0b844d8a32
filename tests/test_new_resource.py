"""The worked example of `docs/new-resource.md`, applied to a copy of the repository, whose tests then pass."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service import ROOT

GUIDE = (ROOT / "docs" / "new-resource.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"^\*\*`(\S+)`\*\*, (?:new|(before|after) `([^`\n]+)`)\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
TESTS = re.findall(r'^\.venv/bin/python -m pytest -k "(.*?)" ((?:.*\\\n)*.*)$', GUIDE, re.MULTILINE)
MIGRATIONS = "storage/schema/migrations/versions"

pytestmark = pytest.mark.long


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the tracked files, with the steps of the guide applied."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    newest = max(path.name[:4] for path in (tmp_path / MIGRATIONS).glob("0*.py"))
    guide = GUIDE.replace("MMMM", newest).replace("NNNN", f"{int(newest) + 1:04}")
    for name, side, anchor, code in STEP.findall(guide):
        apply(tmp_path / name, side, anchor, code)
    return tmp_path


def apply(path: Path, side: str, anchor: str, code: str) -> None:
    """Write a new file, or insert code before or after the only line of a file that equals the anchor."""
    if not side:
        assert not path.exists(), path
        path.write_text(code, encoding="utf-8")
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    [place] = [number for number, line in enumerate(lines) if line.rstrip("\n") == anchor]
    blank = "\n" if side == "before" and path.suffix == ".py" else ""
    if anchor.startswith("def "):
        blank *= 2
    lines.insert(place + (side == "after"), code + blank)
    path.write_text("".join(lines), encoding="utf-8")


def run(folder: Path, *arguments: str) -> None:
    """Run a Python module in the copy; fail with its output."""
    command = [sys.executable, "-m", *arguments]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_worked_example_passes_its_tests(copy: Path) -> None:
    [(chosen, modules)] = TESTS
    run(copy, "tests.contract.promises")
    run(
        copy,
        "pytest",
        "-q",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        "-k",
        chosen,
        *modules.replace("\\\n", "").split(),
    )


def test_the_code_of_the_example_has_our_style(copy: Path) -> None:
    run(copy, "ruff", "check", "--quiet", ".")
    run(copy, "ruff", "format", "--check", "--quiet", ".")
