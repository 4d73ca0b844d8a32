"""openapi-python-client: it has nothing to say against the document, its names read well, and what it makes works."""

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from core import document
from tests.generated.links import next_cursor
from tests.service import Service

pytestmark = pytest.mark.long

CONFIGURATION = Path(__file__).with_name("openapi-python-client.yaml")
SCHEMAS = document.load()["components"]["schemas"]


class Generated(NamedTuple):
    """The output of the tool, and the folder of the client."""

    output: str
    folder: Path


@pytest.fixture(scope="module")
def generated(limited: Service, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """The client, made from the running server's document."""
    folder = tmp_path_factory.mktemp("generated")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--url", f"{limited.url}/openapi.json"]
    options = ["--config", str(CONFIGURATION), "--meta", "none", "--output-path", str(folder / "freesewing_client")]
    # It formats what it made with ruff, wherever that is.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ran = subprocess.run(
        [*command, *options], env={**os.environ, "PATH": path}, capture_output=True, encoding="utf-8", check=True
    )
    return Generated(ran.stdout + ran.stderr, folder)


@pytest.fixture(scope="module")
def package(generated: Generated) -> Iterator[Any]:
    """The client, imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(generated.folder)
        importlib.import_module("freesewing_client.models")
        yield sys.modules["freesewing_client"]


def test_it_says_nothing_about_the_document(generated: Generated) -> None:
    assert generated.output.splitlines() == [f"Generating {generated.folder / 'freesewing_client'}"]


def test_every_class_has_a_name_of_the_document(generated: Generated) -> None:
    sources = [path.read_text() for path in (generated.folder / "freesewing_client" / "models").glob("*.py")]
    made = {name for source in sources for name in re.findall(r"^class (\w+)", source, re.MULTILINE)}
    wanted = {name for name, schema in SCHEMAS.items() if schema.get("type") == "object" or "enum" in schema}
    assert made <= set(SCHEMAS)
    assert wanted <= made


def test_no_member_is_without_a_type_but_those_of_test_mode(generated: Generated) -> None:
    folder = generated.folder / "freesewing_client"
    member = re.compile(r"^    (?!additional_properties)(\w+): [^=\n]*\bAny\b", re.MULTILINE)
    untyped = {path.name: member.findall(path.read_text()) for path in (folder / "models").glob("*.py")}
    assert {name: members for name, members in untyped.items() if members} == {
        "account_update.py": ["test"],
        "sign_up.py": ["test", "role"],
        "subscribe.py": ["test"],
    }


Call = Callable[..., Any]


def calls(client: Any) -> Call:
    """Calls of operations with this client: the whole answer, with its status, headers and parsed body."""

    def call(operation: str, *args: Any, **kwargs: Any) -> Any:
        module = importlib.import_module(f"freesewing_client.api.{operation}")
        return module.sync_detailed(*args, client=client, **kwargs)

    return call


@pytest.fixture(scope="module")
def person(package: Any, limited: Service) -> Iterator[Call]:
    """Calls of a new account."""
    models = package.models
    wanted = models.SignUp(email="attrs@freesewing.dev", language=models.Language("en"), test=True)
    with package.Client(limited.url) as client:
        anyone = calls(client)
        confirmation = anyone("sign_up_and_sign_in.sign_up", body=wanted).parsed.confirmation
        session = anyone(
            "sign_up_and_sign_in.confirm_sign_up", confirmation, body=models.SignUpConfirm(consent=2)
        ).parsed
    with package.AuthenticatedClient(limited.url, session.token) as client:
        yield calls(client)


@pytest.fixture
def script(package: Any, person: Call, limited: Service) -> Iterator[Call]:
    """Calls of a script with a new key of theirs."""
    wanted = package.models.ApiKeyCreate(name="a script", level=3, expires_in=3600)
    made = person("api_keys.create_api_key", body=wanted).parsed.apikey
    with package.Client(limited.url, httpx_args={"auth": (str(made.key), made.secret)}) as client:
        yield calls(client)


def new_set(package: Any, name: str) -> Any:
    """A set to store."""
    measies = package.models.MeasurementsInput.from_dict({"chest": 920, "waist": 760})
    return package.models.MeasurementsSetCreate(name=name, measies=measies)


def test_a_script_makes_reads_changes_and_deletes_a_set(package: Any, script: Call) -> None:
    made = script("measurement_sets.create_set", body=new_set(package, "Alice")).parsed.set_
    assert script("measurement_sets.read_set", str(made.id)).parsed.set_ == made
    change = package.models.MeasurementsSetUpdate(notes="Taken in November")
    changed = script("measurement_sets.update_set", str(made.id), body=change).parsed.set_
    assert (changed.notes, changed.measies.to_dict()) == ("Taken in November", {"chest": 920, "waist": 760})
    assert script("measurement_sets.delete_set", str(made.id)).status_code == 204
    gone = script("measurement_sets.read_set", str(made.id)).parsed
    assert isinstance(gone, package.models.Problem)
    assert (gone.error, gone.status) == (package.models.ErrorCode.NOTFOUND, 404)


def test_a_pattern_has_the_set_that_it_was_drafted_from(package: Any, person: Call) -> None:
    stored = person("measurement_sets.create_set", body=new_set(package, "Alice")).parsed.set_
    settings = package.models.PatternSettings.from_dict({"sa": 10})
    wanted = package.models.PatternCreate(design="aaron", settings=settings, set_=stored.id)
    made = person("patterns.create_pattern", body=wanted).parsed.pattern
    read = person("patterns.read_pattern", str(made.id)).parsed.pattern
    assert (read.set_, read.cset, read.settings["sa"]) == (stored, None, 10)


def test_a_list_is_walked_to_its_end(package: Any, person: Call) -> None:
    made = [
        person("measurement_sets.create_set", body=new_set(package, name)).parsed.set_.id for name in ("A", "B", "C")
    ]
    page = person("measurement_sets.list_sets", limit=2)
    found = [one.id for one in page.parsed.sets]
    while cursor := next_cursor(page.headers.get("Link")):
        page = person("measurement_sets.list_sets", limit=2, cursor=cursor)
        found += [one.id for one in page.parsed.sets]
    assert found[-3:] == made


def test_a_wrong_body_is_refused_with_a_typed_problem(package: Any, person: Call) -> None:
    problem = person(
        "api_keys.create_api_key", body=package.models.ApiKeyCreate(name="", level=3, expires_in=1)
    ).parsed
    assert problem.error is package.models.ErrorCode.NAMEMISSING
    assert (problem.errors[0].in_, problem.errors[0].pointer) == (package.models.RequestPart.BODY, "/name")


def test_a_concurrent_change_is_not_overwritten(package: Any, person: Call) -> None:
    made = person("measurement_sets.create_set", body=new_set(package, "Alice")).parsed.set_
    tag = person("measurement_sets.read_set", str(made.id)).headers["ETag"]
    change = package.models.MeasurementsSetUpdate
    assert (
        person("measurement_sets.update_set", str(made.id), body=change(name="Bob"), if_match=tag).status_code == 200
    )
    late = person("measurement_sets.update_set", str(made.id), body=change(name="Carol"), if_match=tag)
    assert (late.status_code, late.parsed.error) == (412, package.models.ErrorCode.PRECONDITIONFAILED)
    assert person("measurement_sets.read_set", str(made.id)).parsed.set_.name == "Bob"


def test_a_request_that_is_sent_again_is_answered_alike(package: Any, person: Call) -> None:
    first, again = (
        person("measurement_sets.create_set", body=new_set(package, "Alice"), idempotency_key="one") for _ in range(2)
    )
    assert again.parsed == first.parsed
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    other = person("measurement_sets.create_set", body=new_set(package, "Bob"), idempotency_key="one")
    assert other.parsed.error is package.models.ErrorCode.IDEMPOTENCYKEYREUSED


def test_over_its_quota_a_script_gets_the_time_until_it_is_renewed(package: Any, script: Call) -> None:
    # The sixth call of a minute is refused; another minute may have begun meanwhile.
    refused = next(
        reply for reply in (script("measurement_sets.list_sets") for _ in range(11)) if reply.status_code != 200
    )
    assert refused.parsed.error is package.models.ErrorCode.QUOTAEXCEEDED
    assert refused.parsed.violated_policies == ["burst"]
    assert 0 < int(refused.headers["Retry-After"]) <= 60
