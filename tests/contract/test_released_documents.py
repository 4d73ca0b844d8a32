"""Released documents: the latest version, and their sections in the changelog."""

import re
from typing import Any

import pytest
import yaml

from tests.service import ROOT
from tools.lint import changes
from tools.lint.lint import LintError


def test_the_document_released_last_is_the_one_of_the_highest_version(tmp_path: Any) -> None:
    for version in ("0.9.0", "0.10.0", "0.2.0"):
        (tmp_path / f"{version}.yaml").touch()
    assert changes.released(tmp_path).stem == "0.10.0"
    with pytest.raises(LintError, match="no document is in"):
        changes.released(tmp_path / "nowhere")


def test_every_released_document_has_its_place_in_the_changelog_and_a_section_for_the_api() -> None:
    sections = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    by_version = {section.split(maxsplit=1)[0]: section for section in sections}
    for path in (ROOT / "spec" / "released").glob("*.yaml"):
        assert document_version(path.read_text(encoding="utf-8")) == path.stem
        assert "### API" in by_version[path.stem]


def document_version(text: str) -> str:
    """The version that a document says it has."""
    return str(yaml.load(text, Loader=yaml.CSafeLoader)["info"]["version"])


def test_declared_breaking_changes_are_in_the_changelog() -> None:
    declared = yaml.safe_load((ROOT / "spec" / "breaking.yaml").read_text(encoding="utf-8"))
    unreleased = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[1]
    assert all(set(entry) == {"change", "why"} for entry in declared)
    assert not declared or "**Breaking**" in unreleased
