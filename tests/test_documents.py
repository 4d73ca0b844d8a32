"""The Markdown files: their links, the numbers of decisions, the table of settings, and the paths in the guides."""

import re
import subprocess
from pathlib import Path

import pytest

from settings import Settings
from tests.service import ROOT

PATH = re.compile(r"`((?:[\w.@-]+/)*[\w.@-]+(?:/|\.(?:py|md|yaml|toml)))`")
LINK = re.compile(r"\]\(((?!https?:|mailto:)[^)\s]*)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def tracked(*patterns: str) -> list[str]:
    """Return the paths of the tracked files that match, all by default."""
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def anchors(path: Path) -> set[str]:
    """Return the anchors of a file's headings, as GitHub forms them."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", [name for name in tracked("*.md") if not name.startswith("tests/")])
def test_every_link_leads_to_a_file_and_a_heading(name: str) -> None:
    text = CODE.sub("", (ROOT / name).read_text(encoding="utf-8"))
    for link in LINK.findall(text):
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_decisions_have_distinct_numbers_and_state_them() -> None:
    names = tracked("docs/decisions/*.md")
    numbers = [int(Path(name).name[:3]) for name in names]
    assert len(set(numbers)) == len(numbers)
    for name, number in zip(names, numbers, strict=True):
        assert (ROOT / name).read_text(encoding="utf-8").startswith(f"# {number}. "), name


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_path_in_the_maps_exists(name: str) -> None:
    files = tracked()
    for path in PATH.findall((ROOT / name).read_text(encoding="utf-8")):
        assert any(file == path or (path.endswith("/") and file.startswith(path)) for file in files), path


def test_every_setting_is_listed_with_its_default_and_meaning() -> None:
    table = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `FREESEWING_(\w+)` \| (.*?) \| (.*) \|$", table, re.MULTILINE)
    assert [name.lower() for name, _, _ in rows] == list(Settings.model_fields)
    for name, default, meaning in rows:
        field = Settings.model_fields[name.lower()]
        if field.default not in ("", False):
            assert default == f"`{field.default}`"
        assert field.description and field.description.partition("; default: ")[0].rstrip(".") == plain(meaning)


def plain(meaning: str) -> str:
    """Return a cell of the table as `python cli.py settings` prints it."""
    return re.sub(r"\[(.*?)\]\(.*?\)", r"docs/\1", meaning).replace("`", "").rstrip(".")
