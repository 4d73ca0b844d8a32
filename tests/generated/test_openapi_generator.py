"""openapi-generator: it has nothing to say against the document, and its names read well in every language."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

import document
from tests.generated import openapi_generator
from tests.generated.openapi_generator import LANGUAGES
from tests.service import Service

pytestmark = pytest.mark.long

SCHEMAS = document.load()["components"]["schemas"]
by_language = pytest.mark.parametrize("language", LANGUAGES)

# Members that hold anything, by contract.
FREE = {
    "Pattern": {"data", "settings"},
    "PublicPattern": {"data", "settings"},
    "PatternCreate": {"data", "settings"},
    "PatternUpdate": {"data", "settings"},
    **dict.fromkeys(("OptionPack", "PublicOptionPack", "OptionPackCreate", "OptionPackUpdate"), {"options"}),
    **dict.fromkeys(("PackSuggestion", "SuggestedPack"), {"options"}),
    **dict.fromkeys(("MeasurementsSetCreate", "MeasurementsSetUpdate"), {"measies"}),
    **dict.fromkeys(("CuratedSetCreate", "CuratedSetUpdate"), {"measies"}),
    "NothingReply": {"data"},
    "AccountMigration": {"account"},
    "UsersImport": {"list"},
}


class Generated(NamedTuple):
    """Where the clients are, and what was said about the document."""

    folder: Path
    warnings: list[str]


@pytest.fixture(scope="module")
def generated(limited: Service, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """The clients, made from the running server's document."""
    folder = tmp_path_factory.mktemp("generated")
    return Generated(folder, openapi_generator.generate(f"{limited.url}/openapi.json", folder))


def plain(name: str) -> str:
    """A name as all languages write it: without underscores and capitals."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def test_it_says_nothing_against_the_document(generated: Generated) -> None:
    assert generated.warnings == []


@by_language
def test_every_model_has_a_name_of_the_document(generated: Generated, language: str) -> None:
    names = {plain(name) for name in SCHEMAS}
    made = {plain(stem.removeprefix("model_")) for stem in openapi_generator.models(generated.folder, language)}
    wanted = {plain(name) for name, schema in SCHEMAS.items() if schema.get("properties") or "enum" in schema}
    assert made <= names
    # What only forms are made of is part of the operations.
    assert wanted - made <= {"oneclick"}


# How each language says that a member has values of its own, and so no name of the document.
NAMELESS = {
    "python": r"def (\w+)_validate_enum\(",
    "typescript-fetch": r"^export (?:const|type) (\w+Enum)\b",
    "java": r"^  public enum (\w+)",
    "kotlin": r"^    enum class (\w+)",
    "csharp": r"^        public enum (\w+)",
}


@pytest.mark.parametrize("language", NAMELESS)
def test_every_enum_has_a_name_of_the_document(generated: Generated, language: str) -> None:
    sources = openapi_generator.models(generated.folder, language)
    found = {stem: re.findall(NAMELESS[language], source, re.MULTILINE) for stem, source in sources.items()}
    assert {stem: names for stem, names in found.items() if names} == {}


# How each language writes a member of any type.
ANY = {
    "python": r"^    (\w+): [^=\n]*\bAny\b",
    "typescript-fetch": r"^    '?(\w+)'?\??: [^;\n]*\bany\b",
    "go": r"^\t(\w+) [^\n]*interface\{\} `json",
    "java": r"^  private [^\n=]*\bObject\b[^\n=]* (\w+)(?: =|;)",
    "rust": r"^    pub (\w+): [^\n]*serde_json::Value",
    "kotlin": r"^    val `?(\w+)`?: [^\n=]*kotlin\.Any\b",
    "csharp": r"^        public [^\n(]*\bObject\b[^\n(]* (\w+) \{ get",
}


@by_language
def test_only_what_is_free_by_contract_is_of_any_type(generated: Generated, language: str) -> None:
    sources = openapi_generator.models(generated.folder, language)
    free = {plain(name): members for name, members in FREE.items()}
    found = {}
    for stem, source in sources.items():
        members = {plain(name) for name in re.findall(ANY[language], source, re.MULTILINE)} - {"additionalproperties"}
        if members:
            found[plain(stem.removeprefix("model_"))] = members
    assert found == free
