"""The security document: every test that it names exists, and no requirement lacks its row."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.service import ROOT

DOCUMENT = (ROOT / "docs" / "security.md").read_text()
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL))
ASVS = SECTIONS["OWASP ASVS 5.0.0, level 2"]
# Of each section of ASVS 5.0.0 the number of requirements at levels 1 and 2, which come first in it.
REQUIREMENTS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2,
    "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2,
    "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4,
    "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
    "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
    "9.1": 3, "9.2": 4,
    "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3,
    "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4,
    "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5,
    "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7,
    "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3,
    "17.1": 1, "17.2": 4, "17.3": 2,
}  # fmt: skip
ALL = [f"{section}.{number}" for section, count in REQUIREMENTS.items() for number in range(1, count + 1)]
# What needs a test, and what may lack one.
TESTED, UNTESTED = {"met", "met in part"}, {"not met", "operator", "n/a"}


def rows(section: str) -> list[list[str]]:
    """The cells of each row of a section's tables, without headings."""
    lines = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] not in ("risk", "requirement", "item")]


def expanded(cell: str) -> list[str]:
    """`1.2.6 to 1.2.8, 1.3.1` as single requirements."""
    found = []
    for part in cell.split(", "):
        first, _, last = part.partition(" to ")
        found += ALL[ALL.index(first) : ALL.index(last or first) + 1]
    return found


@cache
def names_in(path: str) -> set[str]:
    """The names of a module's tests."""
    return set(re.findall(r"^(?:async )?def (\w+)", (ROOT / path).read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::\w+)?`", DOCUMENT))))
def test_every_test_that_the_document_names_exists(path: str) -> None:
    assert Path(ROOT / path).is_file()
    named = set(re.findall(rf"`{re.escape(path)}::(\w+)`", DOCUMENT))
    assert named <= names_in(path)


def test_each_finding_has_a_row_with_tests() -> None:
    found = rows(SECTIONS["Findings of the review of November 2026"])
    assert [row[0] for row in found] == [
        f"{part}.{number}" for part, most in ((1, 12), (2, 9)) for number in range(1, most + 1)
    ]
    assert all("::test_" in row[-1] for row in found)


def test_each_of_the_ten_risks_has_a_row_with_tests() -> None:
    found = rows(SECTIONS["OWASP API Security Top 10 2023"])
    assert [row[0].split()[0] for row in found] == [f"API{number}" for number in range(1, 11)]
    assert all("::test_" in row[-1] for row in found)


def test_each_requirement_of_level_2_has_one_row() -> None:
    assert len(ALL) == 253
    named = [requirement for row in rows(ASVS) for requirement in expanded(row[0])]
    assert sorted(named) == sorted(ALL)


def test_a_met_requirement_names_a_test_and_another_a_reason() -> None:
    for requirement, status, how, *tests in rows(ASVS):
        assert status in TESTED | UNTESTED and how.endswith("."), requirement
        assert status in UNTESTED or "::test_" in tests[0], requirement


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_pinned_with_hashes(file: str) -> None:
    packages = re.findall(r"^[a-zA-Z0-9].*?(?=^[a-zA-Z0-9]|\Z)", (ROOT / file).read_text(), re.MULTILINE | re.DOTALL)
    assert packages
    for package in packages:
        assert re.match(r"[\w.\[\]-]+==\S+", package) and "--hash=sha256:" in package, package[:60]


def test_vulnerabilities_are_reported_in_private_and_fixed_within_stated_times() -> None:
    text = (ROOT / "SECURITY.md").read_text()
    assert "Report a vulnerability" in text and "@" not in text
    assert re.findall(r"\| (\d+) days \|", text)
