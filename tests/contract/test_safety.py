"""At a deployment of others, neither the fuzzer nor the checks change a record that this run did not create."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx2
import pytest

from core import document
from tests.contract import fuzzing, safety
from tests.contract.checks import test_access as access
from tests.contract.deployment import Deployment
from tests.contract.faults.test_seeded_faults import FaultyService
from tests.contract.real_values.images import PIXEL
from tests.contract.throttling import OverQuota
from tests.service import Person

# The run, not the server, is the subject.
on_one_engine = pytest.mark.parametrize("service", ["sqlite"], indirect=True)
OPERATIONS = {
    operation["operationId"]: (path, method, operation)
    for path, method, operation in document.operations(document.load())
}


@pytest.fixture(autouse=True)
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a run that begins now writes down."""
    ours: set[tuple[str, str]] = set()
    for module in (fuzzing, safety):
        monkeypatch.setattr(module, "ours", ours)
    monkeypatch.setattr(fuzzing, "JOURNAL", str(tmp_path / "made.jsonl"))
    monkeypatch.setattr(safety, "USERNAME", "fuzzer")
    return tmp_path / "made.jsonl"


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyService]:
    """A deployment in test mode, whose faults can be switched."""
    service = FaultyService(tmp_path_factory.mktemp("faulty"))
    try:
        service.start()
        yield service
    finally:
        service.close()


def sent(name: str, body: Any = None, **parameters: str) -> Any:
    """A request that was made up, as it goes out after all."""
    path, method, operation = OPERATIONS[name]
    case = SimpleNamespace(
        method=method,
        operation=SimpleNamespace(path=path, definition=SimpleNamespace(raw=operation)),
        path_parameters=parameters,
        headers={},
        body=body,
        meta=None,
    )
    safety.before(name, case)
    return case


def is_nobodys(name: object) -> bool:
    """Whether this is an id that was made up, which nothing can have."""
    return str(UUID(str(name))) == name


@on_one_engine
def test_a_set_that_has_the_id_of_a_curated_one_is_left_alone(admin: Person, alice: Person) -> None:
    strangers = [alice.new_set()["id"]]
    reply = admin.post("/curated-sets", {"nameEn": "fuzzed"}).json()
    curated = fuzzing.noted(reply)["curatedSet"]["id"]
    while strangers[-1] < curated:
        strangers.append(alice.new_set()["id"])
    fuzzing.noted(admin.patch(f"/curated-sets/{curated}", {"nameEn": "changed"}).json())
    assert sent("update_curated_set", {}, id=str(curated)).path_parameters == {"id": str(curated)}
    assert is_nobodys(sent("update_set", {}, id=str(curated)).path_parameters["id"])
    assert is_nobodys(sent("delete_set", id=str(curated)).path_parameters["id"])
    own = fuzzing.noted(admin.post("/sets", {"name": "fuzzed"}).json())["set"]["id"]
    assert sent("delete_set", id=str(own)).path_parameters == {"id": str(own)}


def test_what_a_reply_does_not_name_is_not_ours() -> None:
    fuzzing.noted({"result": "success", "apikey": {"key": "a", "id": None}})
    assert ("apikey", "a") in fuzzing.ours
    assert ("apikey", "None") not in fuzzing.ours


@on_one_engine
def test_no_image_of_others_is_replaced_or_removed(admin: Person, journal: Path) -> None:
    body = {"type": "blog", "subId": "main", "slug": "my-first-coat", "img": PIXEL}
    reply = admin.post("/images", sent("upload_image", body).body)
    assert reply.status_code == 200 and reply.json()["imgId"] != "blog-my-first-coat"
    ours = fuzzing.noted(reply.json())["imgId"]
    fuzzing.noted({"result": "success", "imgId": "blog-my-first-coat"})
    assert ours in journal.read_text() and "blog-my-first-coat" not in journal.read_text()
    assert sent("delete_image", id=ours).path_parameters == {"id": ours}
    assert is_nobodys(sent("delete_image", id="blog-my-first-coat").path_parameters["id"])


@pytest.mark.parametrize("slug", ["Not A Slug", "a" * 101, "", 7, None])
def test_a_slug_that_is_invalid_stays_so(slug: object) -> None:
    assert sent("upload_image", {"type": "blog", "slug": slug}).body["slug"] == slug


def test_a_deployment_that_enforces_no_levels_does_not_cost_the_given_account(faulty: FaultyService) -> None:
    given = faulty.sign_up()
    before = _state(given)
    there = Deployment(faulty.url, authorization=given.authorization)
    faulty.switch("a level is not enforced")
    for name in access.SECURED:
        with suppress(AssertionError, pytest.skip.Exception):
            access.test_a_key_of_too_low_a_level_may_not(there, name)
    faulty.switch("")
    there.http.close()
    assert _state(given) == before


def _state(person: Person) -> dict[str, Any]:
    account = person.get("/account").json()["account"]
    return {name: account[name] for name in ("id", "status", "consent", "role", "bio", "mfaEnabled")}


class Unreliable:
    """In place of `send`: raises the given exception for each given method and path."""

    def __init__(self, there: Deployment, failing: dict[str, Exception]) -> None:
        self._send, self.failing = there.http.send, failing

    def __call__(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        if failure := self.failing.get(f"{request.method} {request.url.path}"):
            raise failure
        return self._send(request, **options)


def test_what_cannot_be_removed_is_named_and_the_rest_is_removed(
    faulty: FaultyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = faulty.sign_up()
    kept = given.new_set()["id"]
    there = Deployment(faulty.url, authorization=given.authorization)
    made = [there.call("create_set", given, json={"name": "contract"}).json()["set"]["id"] for _ in range(3)]
    key = there.new_key(given, 1, name="living").key
    failing = {
        "GET /apikeys": OverQuota("no more"),
        "GET /sets": httpx2.ConnectError("no connection"),
        f"DELETE /sets/{made[0]}": httpx2.ConnectError("no connection"),
        f"DELETE /sets/{made[1]}": OverQuota("no more"),
    }
    monkeypatch.setattr(there.http, "send", Unreliable(there, failing))
    with pytest.raises(AssertionError, match=rf"\['/sets/{made[0]}', '/sets/{made[1]}', '/apikeys/{key}'\]"):
        there.leave()
    assert [one["id"] for one in given.every("/sets", "sets")] == [kept, *made[:2]]


@pytest.mark.parametrize("change", [{"status": -2}, {"status": -1}, {"role": "tester"}])
def test_an_account_whose_sessions_ended_is_removed(faulty: FaultyService, change: dict[str, Any]) -> None:
    there = Deployment(faulty.url)
    person, admin = there.sign_up(), faulty.sign_up("admin")
    assert there.admin.patch(f"/admin/user/{person.id}", change).status_code == 200
    there.leave()
    assert admin.get(f"/admin/user/{person.id}").status_code == 404


def test_a_curated_set_that_a_given_account_is_said_to_have_made_is_named(faulty: FaultyService) -> None:
    there = Deployment(faulty.url, authorization=faulty.sign_up().authorization)
    there.keep_in_mind({"curatedSet": {"id": 1}})
    with pytest.raises(AssertionError, match=r"\['/curated-sets/1'\]"):
        there.leave()
    assert faulty.http.get("/curated-sets/1.json").status_code == 200


@pytest.mark.parametrize("name", sorted(safety.NAMING))
def test_no_other_account_is_named(name: str) -> None:
    assert sent(name, {"username": "alice", "password": "guessed"}).body["username"] == "fuzzer"


@pytest.mark.parametrize(
    "name", ["read_user", "read_all_data", "read_set", "read_pattern_json", "read_quota_request"]
)
def test_nothing_of_anybody_else_is_looked_at(name: str) -> None:
    assert is_nobodys(sent(name, id="1").path_parameters["id"])


def test_own_and_public_records_are_read() -> None:
    fuzzing.noted({"set": {"id": 7, "uuid": None}})
    assert sent("read_set", id="7").path_parameters == {"id": "7"}
    assert sent("read_profile", id="1").path_parameters == {"id": "1"}
