"""`make contract BASE_URL=…`: which checks it runs, which it leaves out, and that it leaves no record behind."""

import contextlib
import os
import re
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.contract.deployment import CannotBeChecked, Deployment
from tests.contract.deployment_run import Run
from tests.contract.exclusions import ASKED_FOR
from tests.contract.faults.test_seeded_faults import FaultyService
from tests.proxy import Proxy
from tests.service import ROOT, Person, Service, wait_until

pytestmark = pytest.mark.long

# Some of everything, so that a run is short.
CHECKS = "test_records or test_accounts or test_a_rotated_key or test_a_deleted_key or test_published and bookmark"
FUZZED = (
    "create_bookmark",
    "update_bookmark",
    "delete_curated_set",
    "read_curated_set",
    "sign_up",
    "give_consent",
    "read_confirmation",
    "create_api_key",
    "upload_image",
    "delete_image",
)
SOME = f"{CHECKS} or test_fuzzing and ({' or '.join(FUZZED)})"
TABLES = ("accounts", "sets", "patterns", "bookmarks", "curated_sets", "option_packs", "suggestions", "mails")
FUZZ = "test_an_operation_does_what_the_document_says"
SECRET = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.|fsk_\w+")


def test_the_documentation_names_the_settings_that_exist() -> None:
    text = (ROOT / "docs" / "contract-tests.md").read_text()
    sources = "".join(path.read_text() for path in Path(__file__).parent.rglob("*.py") if path != Path(__file__))
    named = set(re.findall(r"CONTRACT_[A-Z]+", text))
    assert named and all(f'"{name}"' in sources for name in named)
    assert set(re.findall(r"CONTRACT_ALSO=([\w-]+)", text)) == set(ASKED_FOR)
    (recipe,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (job,) = yaml.safe_load(recipe)["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands and all(command.startswith("make contract BASE_URL=") for command in commands)


@pytest.fixture(scope="module")
def in_test_mode(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyService]:
    """A deployment in test mode, whose faults can be switched; its limits are off."""
    service = FaultyService(tmp_path_factory.mktemp("in-test-mode"))
    try:
        service.start()
        yield service
    finally:
        service.close()


@pytest.fixture(scope="module")
def as_usual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A deployment as its operator would have it: no test mode, the usual limits."""
    service = Service(tmp_path_factory.mktemp("as-usual"), test_mode="0", limits="on")
    try:
        service.start()
        yield service
    finally:
        service.close()


def signed_up_by_mail(service: Service) -> Person:
    """A person with an account there, and with a set, a bookmark and a key."""
    email = f"person{len(service.mails())}@example.org"
    assert service.http.post("/signup", json={"email": email, "language": "en"}).status_code == 201
    wait_until(lambda: any(email.split("@")[0] in path.name for path in service.mails()), "the mail")
    (confirmation,) = re.findall(r"/confirm/signup/([0-9a-f-]{36})/", service.mails()[-1].read_text())
    session = service.http.post(f"/confirm/signup/{confirmation}", json={"consent": 2}).json()
    person = Person(service, session["account"]["id"], email, session["token"])
    person.new_set()
    person.new_bookmark()
    return person


def counted(service: Service) -> dict[str, int]:
    """Count the records of every kind of all accounts, as soon as every mail is sent."""
    wait_until(lambda: not rows_of(service)["mails"], "every mail to be sent")
    return {**rows_of(service), "images": sum(path.is_file() for path in (service.data / "images").rglob("*"))}


def rows_of(service: Service) -> dict[str, int]:
    """The number of rows of each table."""
    with contextlib.closing(sqlite3.connect(service.data / "freesewing.db")) as database:
        return {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


def held(person: Person) -> dict[str, list[object]]:
    """The ids of all records of a person, and their bio, as they read them."""
    lists = {
        name: [one["id"] for one in person.every(f"/{name}", name)] for name in ("sets", "patterns", "bookmarks")
    }
    keys = [one["key"] for one in person.every("/apikeys", "apikeys")]
    return {**lists, "apikeys": keys, "bio": [person.get("/account").json()["account"]["bio"]]}


def test_a_deployment_in_test_mode_is_checked_in_every_role_and_left_as_it_was(
    in_test_mode: FaultyService, tmp_path: Path
) -> None:
    before = counted(in_test_mode)
    with Run(in_test_mode.url, tmp_path, "-k", SOME) as run:
        assert run.ended() == 0, run.output[-5000:]
    assert counted(in_test_mode) == before
    outcomes = run.outcomes()
    # The records of a curator were checked. Operations that send mails were not, and are named.
    assert outcomes["test_a_removed_record_is_gone_everywhere[there-curated_set]"] == ""
    assert outcomes[f"{FUZZ}[there-delete_curated_set]"] == outcomes[f"{FUZZ}[there-give_consent]"] == ""
    assert "sends mails" in outcomes[f"{FUZZ}[there-sign_up]"]
    assert {"checks.html", "fuzzer.html", "fuzzer.json", "fuzzer.xml"} <= {path.name for path in tmp_path.iterdir()}
    assert not SECRET.search(run.all_output())


def test_a_deployment_as_usual_is_checked_with_a_given_account_which_keeps_what_it_had(
    as_usual: Service, tmp_path: Path
) -> None:
    person = signed_up_by_mail(as_usual)
    before, there, mails = held(person), counted(as_usual), as_usual.mails()
    with Run(as_usual.url, tmp_path, "-k", SOME, CONTRACT_TOKEN=person.token) as run:
        assert run.ended() == 0, run.output[-5000:]
    assert (held(person), counted(as_usual), as_usual.mails()) == (before, there, mails)
    outcomes = run.outcomes()
    assert outcomes["test_a_removed_record_is_gone_everywhere[there-bookmark]"] == ""
    assert outcomes[f"{FUZZ}[there-create_bookmark]"] == ""
    assert "needs the role of a curator" in outcomes["test_a_removed_record_is_gone_everywhere[there-curated_set]"]
    assert "needs a second account" in outcomes["test_a_record_of_one_account_is_closed_to_another[there-bookmark]"]
    assert "needs level 5" in outcomes[f"{FUZZ}[there-delete_curated_set]"]
    assert "sends mails" in outcomes["test_a_deleted_key_is_refused_and_not_listed[there]"]
    assert "ends the account" in outcomes["test_a_removed_account_is_gone_with_all_that_it_held[there]"]
    assert person.token not in run.all_output()
    assert not SECRET.search(run.all_output())


def test_a_key_will_do_in_place_of_a_token(as_usual: Service, tmp_path: Path) -> None:
    person = signed_up_by_mail(as_usual)
    key = person.new_key(4)
    before = held(person)
    given = f"{key.key}:{key.secret}"
    with Run(as_usual.url, tmp_path, "-k", "test_records and bookmark", CONTRACT_KEY=given) as run:
        assert run.ended() == 0, run.output[-5000:]
    assert held(person) == before
    assert key.secret not in run.all_output()


def test_a_finding_fails_the_run_without_revealing_secrets(in_test_mode: FaultyService, tmp_path: Path) -> None:
    before = counted(in_test_mode)
    in_test_mode.switch("a secret is shown again")
    with Run(in_test_mode.url, tmp_path, "-k", "test_a_secret_is_shown_once or test_lists and bookmark") as run:
        assert run.ended() == pytest.ExitCode.TESTS_FAILED, run.output[-5000:]
    in_test_mode.switch("")
    assert counted(in_test_mode) == before
    found = {name: outcome for name, outcome in run.outcomes().items() if outcome.startswith("failure")}
    assert list(found) == ["test_a_secret_is_shown_once[there]"]
    assert "a secret is shown again" in found["test_a_secret_is_shown_once[there]"]
    assert not SECRET.search(run.all_output())


def test_what_the_fuzzer_finds_fails_the_run_by_the_name_of_the_operation(
    in_test_mode: FaultyService, tmp_path: Path
) -> None:
    in_test_mode.switch("bad input ends in a 500")
    with Run(in_test_mode.url, tmp_path, "-k", "test_fuzzing and (create_set or read_set_json)") as run:
        assert run.ended() == pytest.ExitCode.TESTS_FAILED, run.output[-5000:]
    in_test_mode.switch("")
    outcomes = run.outcomes()
    assert "Server error" in outcomes[f"{FUZZ}[there-create_set]"]
    assert outcomes[f"{FUZZ}[there-read_set_json]"] == ""


@pytest.fixture
def proxy(in_test_mode: FaultyService) -> Iterator[Proxy]:
    """A proxy before the deployment in test mode."""
    made = Proxy("127.0.0.1", in_test_mode.port)
    yield made
    made.cut()


def test_a_run_that_is_ended_leaves_nothing_behind(in_test_mode: FaultyService, proxy: Proxy, tmp_path: Path) -> None:
    before = counted(in_test_mode)
    proxy.hold_at(b"POST /curated-sets ")
    with Run(f"http://127.0.0.1:{proxy.port}", tmp_path, "-k", "test_records or test_keys") as run:
        held_request(run, proxy)
        assert rows_of(in_test_mode)["accounts"] > before["accounts"]
        run.process.terminate()
        proxy.restore()
        assert run.ended() == pytest.ExitCode.INTERRUPTED
    assert counted(in_test_mode) == before


def test_a_fuzzer_that_is_interrupted_in_a_terminal_leaves_nothing_behind(
    in_test_mode: FaultyService, proxy: Proxy, tmp_path: Path
) -> None:
    before = counted(in_test_mode)
    proxy.hold_at(b"POST /option-packs ")
    asked = "test_fuzzing and (create_curated_set or create_option_pack or upload_image)"
    with Run(f"http://127.0.0.1:{proxy.port}", tmp_path, "-k", asked) as run:
        held_request(run, proxy)
        assert rows_of(in_test_mode)["curated_sets"] > before["curated_sets"]
        # A terminal sends Ctrl-C to every process of its foreground group.
        os.killpg(run.process.pid, signal.SIGINT)
        proxy.restore()
        assert run.ended() == pytest.ExitCode.INTERRUPTED
    assert counted(in_test_mode) == before


def held_request(run: Run, proxy: Proxy) -> None:
    """Wait until the proxy holds a request of the run."""
    wait_until(lambda: proxy.is_held.is_set() or run.process.poll() is not None, "a request to be held")
    assert proxy.is_held.is_set(), run.output[-5000:]


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("nonsense-nonsense\n", "The credentials do not work"),
        ("nonsense-nonsense\nnonsense", "cannot be asked who the account is"),
    ],
    ids=["unknown", "no header"],
)
def test_a_run_that_would_make_no_sense_does_not_start(
    as_usual: Service, tmp_path: Path, token: str, message: str
) -> None:
    with Run(as_usual.url, tmp_path, CONTRACT_TOKEN=token) as run:
        assert run.ended() == pytest.ExitCode.USAGE_ERROR
    assert message in run.output
    assert "Traceback" not in run.output and "INTERNALERROR" not in run.output
    assert "nonsense-nonsense" not in run.output


# The address, the credentials, and the message.
REFUSALS = [
    ("http://127.0.0.1:9", "", "does not answer"),
    ("no address", "", "does not answer"),
    ("{usual}/docs", "", "is no freesewing-api"),
    ("{usual}", "", "is not in test mode: put the credentials of a throw-away account into the environment"),
    ("{usual}", "Basic bm9ib2R5Om5vdGhpbmc=", "The credentials do not work"),
    ("{test}", "{curator}", "has the role curator"),
    ("{test}", "{low}", "needs level 4"),
]


@pytest.mark.parametrize(
    ("url", "given", "message"), REFUSALS, ids=[message.split(":")[0] for _, _, message in REFUSALS]
)
def test_where_it_makes_no_sense_a_sentence_says_why(
    in_test_mode: FaultyService, as_usual: Service, url: str, given: str, message: str
) -> None:
    people = {
        "curator": in_test_mode.sign_up("curator").authorization,
        "low": in_test_mode.sign_up().new_key(3).authorization,
    }
    with pytest.raises(CannotBeChecked, match=message) as refused:
        Deployment(url.format(usual=as_usual.url, test=in_test_mode.url), authorization=given.format(**people))
    assert not any(authorization in str(refused.value) for authorization in people.values())
