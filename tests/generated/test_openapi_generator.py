"""openapi-generator: it has nothing to say against the document, and its names read well in every language."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from core import document
from tests.generated import openapi_generator
from tests.generated.links import next_cursor
from tests.generated.openapi_generator import LANGUAGES
from tests.service import ROOT, Service

pytestmark = pytest.mark.long

GUIDE = ROOT / "docs" / "integrate.md"
SCHEMAS = document.load()["components"]["schemas"]
by_language = pytest.mark.parametrize("language", LANGUAGES)

# What clients keep as they like, by contract.
FREE = {
    "Empty",
    "MeasurementsChange",
    "MeasurementsInput",
    "Options",
    "PatternData",
    "PatternSettings",
    "TestFlag",
    "TestRole",
    "V2Account",
}


class Generated(NamedTuple):
    """The folder of the clients, and the warnings about the document."""

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
def test_the_guide_has_the_command(language: str) -> None:
    options = ",".join(
        f"{name}={str(value).lower()}" for name, value in LANGUAGES[language].options.items() if name != "packageName"
    )
    ending = f"-g {language}" + (f" --additional-properties {options}" if options else "")
    assert re.search(rf"{re.escape(ending)}(`|\n)", GUIDE.read_text(encoding="utf-8"))


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
    "csharp": r"^        public [^\n(]*\bObject\b[^\n(]* (?!\w+Option )(\w+) \{ get",
}


def free_members() -> Iterator[tuple[str, str]]:
    """Every model with each of its members that is free by contract, or a list of free members."""
    for name, schema in SCHEMAS.items():
        for part in (schema, *schema.get("allOf", ())):
            for member, definition in part.get("properties", {}).items():
                reference = definition.get("items", definition).get("$ref", "")
                if reference.rsplit("/")[-1] in FREE:
                    yield plain(name), plain(member)


@by_language
def test_only_members_without_a_schema_have_any_type(generated: Generated, language: str) -> None:
    sources = openapi_generator.models(generated.folder, language)
    found = {
        (plain(stem.removeprefix("model_")), plain(member))
        for stem, source in sources.items()
        for member in re.findall(ANY[language], source, re.MULTILINE)
        if plain(member) != "additionalproperties"
    }
    assert found == set(free_members())


@pytest.fixture(scope="module")
def package(generated: Generated) -> Iterator[Any]:
    """The Python client, imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(generated.folder / "python")
        yield importlib.import_module("freesewing")


@pytest.fixture(scope="module")
def person(package: Any, limited: Service) -> Any:
    """The client of a new account."""
    sessions = package.SignUpAndSignInApi(package.ApiClient(package.Configuration(limited.url)))
    wanted = package.SignUp(email="pydantic@freesewing.dev", language=package.Language.EN, test=True)
    confirmation = sessions.sign_up(wanted).confirmation
    session = sessions.confirm_sign_up(str(confirmation), package.SignUpConfirm(consent=2))
    return package.ApiClient(package.Configuration(limited.url, access_token=session.token))


@pytest.fixture
def sets(package: Any, person: Any) -> Any:
    """Their sets."""
    return package.MeasurementSetsApi(person)


def new_set(package: Any, name: str) -> Any:
    """A set to store."""
    return package.MeasurementsSetCreate(name=name, measies={"chest": 920, "waist": 760})


def update(package: Any, sets: Any, stored: Any, tag: str | None = None, **fields: Any) -> Any:
    """Change a set, as long as it has the tag; the reply."""
    change = package.MeasurementsSetUpdate(**fields)
    return sets.update_set(str(stored.id), measurements_set_update=change, if_match=tag)


def test_python_makes_reads_changes_and_deletes_a_set(package: Any, sets: Any) -> None:
    made = sets.create_set(new_set(package, "Alice")).set
    assert sets.read_set(str(made.id)).set == made
    changed = update(package, sets, made, notes="Taken in November").set
    assert (changed.notes, changed.measies.chest, changed.measies.hips) == ("Taken in November", 920, None)
    sets.delete_set(str(made.id))
    with pytest.raises(package.exceptions.NotFoundException) as gone:
        sets.read_set(str(made.id))
    assert isinstance(gone.value.data, package.Problem)
    assert gone.value.data.error is package.ErrorCode.NOTFOUND


def test_python_gives_a_pattern_the_set_that_it_was_drafted_from(package: Any, person: Any, sets: Any) -> None:
    patterns, stored = package.PatternsApi(person), sets.create_set(new_set(package, "Alice")).set
    wanted = package.PatternCreate(design="aaron", settings={"sa": 10}, set=package.SetChoice(stored.id))
    made = patterns.create_pattern(wanted).pattern
    read = patterns.read_pattern(str(made.id)).pattern
    assert (read.set, read.cset, read.settings["sa"]) == (stored, None, 10)


def test_python_walks_a_list_to_its_end(package: Any, sets: Any) -> None:
    made = [sets.create_set(new_set(package, name)).set.id for name in ("A", "B", "C")]
    page = sets.list_sets_with_http_info(limit=2)
    found = [one.id for one in page.data.sets]
    while cursor := next_cursor(page.headers.get("link")):
        page = sets.list_sets_with_http_info(limit=2, cursor=cursor)
        found += [one.id for one in page.data.sets]
    assert found[-3:] == made


def test_python_gets_a_typed_problem_for_a_wrong_body(package: Any, person: Any) -> None:
    wanted = package.ApiKeyCreate.model_construct(name="", level=3, expires_in=1)
    with pytest.raises(package.exceptions.BadRequestException) as refused:
        package.APIKeysApi(person).create_api_key(wanted)
    problem = refused.value.data
    assert problem.error is package.ErrorCode.NAMEMISSING
    assert (problem.errors[0].var_in, problem.errors[0].pointer) == (package.RequestPart.BODY, "/name")


def test_python_does_not_overwrite_a_concurrent_change(package: Any, sets: Any) -> None:
    made = sets.create_set(new_set(package, "Alice")).set
    tag = sets.read_set_with_http_info(str(made.id)).headers["etag"]
    update(package, sets, made, tag, name="Bob")
    with pytest.raises(package.ApiException) as late:
        update(package, sets, made, tag, name="Carol")
    assert (late.value.status, late.value.data.error) == (412, package.ErrorCode.PRECONDITIONFAILED)


def test_python_is_answered_alike_when_it_sends_a_request_again(package: Any, sets: Any) -> None:
    wanted = new_set(package, "Alice")
    first, again = (sets.create_set_with_http_info(wanted, idempotency_key="one") for _ in range(2))
    assert again.data == first.data
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")


def test_python_gets_the_time_until_its_quota_is_renewed(package: Any, person: Any, limited: Service) -> None:
    wanted = package.ApiKeyCreate(name="a script", level=1, expiresIn=3600)
    made = package.APIKeysApi(person).create_api_key(wanted).apikey
    # Else it waits by itself as long as Retry-After says.
    settings = package.Configuration(limited.url, username=str(made.key), password=made.secret, retries=False)
    script = package.MeasurementSetsApi(package.ApiClient(settings))
    with pytest.raises(package.ApiException) as refused:
        # The sixth call of a minute is refused; another minute may have begun meanwhile.
        [script.list_sets() for _ in range(11)]
    assert (refused.value.status, refused.value.data.error) == (429, package.ErrorCode.QUOTAEXCEEDED)
    assert refused.value.data.violated_policies == ["burst"]
    assert 0 < int(refused.value.headers["Retry-After"]) <= 60
