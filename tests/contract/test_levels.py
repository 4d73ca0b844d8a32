"""Every operation, at every level, on one's own records, another's, and public ones."""

import pytest
from httpx2 import Response

from core import document
from security import ROLE_LEVELS
from tests.contract.levels import CASES
from tests.contract.levels.case import known, known_key
from tests.matrix import matrix, on_sqlite
from tests.service import Credentials, Person, Service

SPEC = document.load()
SECURED = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, method, operation in document.operations(SPEC)
    if operation["security"] and {} not in operation["security"]
}
HIGHEST = 9
WHOSE = [
    *((name, "own") for name in SECURED),
    *((name, "another's") for name, case in CASES.items() if case.others is not None),
    *((name, "public") for name, case in CASES.items() if case.public is not None),
]

pytestmark = on_sqlite


def needed(name: str, whose: str) -> int:
    """The level that the operation needs there."""
    stated: int = SECURED[name][2]["x-level"]
    case = CASES[name]
    return max(stated, {"own": 0, "another's": case.others or 0, "public": case.public or 0}[whose])


def levels_around(*needed: int) -> list[int]:
    """Return the lowest and the highest level, and those on both sides of each boundary; with FULL=1 every level."""
    sides = {level for boundary in needed for level in (boundary - 1, boundary)}
    every = range(HIGHEST + 1)
    return matrix(sorted({0, HIGHEST} | sides.intersection(every)), full=every)


def people_for(service: Service, name: str, whose: str, role: str) -> tuple[Person, Person]:
    """Return a caller of this role, and the owner of the record."""
    if CASES[name].ends:
        caller = service.sign_up(role)
        return caller, caller if whose == "own" else service.sign_up()
    caller = known(service, role)
    return caller, caller if whose == "own" else known(service, "owner")


def request(name: str, owner: Person, caller: Credentials, *, public: bool) -> tuple[int, str]:
    """Ask for the operation on a fresh record of the owner's; the status and the error code."""
    method, path, _ = SECURED[name]
    case = CASES[name]
    path = path.format(**(case.record(owner, public) if case.record else {}))
    reply = caller.request(method, path, **case.sent)
    return reply.status_code, _code(reply)


def _code(reply: Response) -> str:
    is_problem = reply.status_code >= 400 and reply.content
    return str(reply.json()["error"]) if is_problem else ""


def judge(name: str, outcome: tuple[int, str], *, allowed: bool) -> None:
    """Fail unless the outcome is what the level allows."""
    if allowed:
        assert outcome[0] == CASES[name].passed or 200 <= outcome[0] < 300, outcome
    else:
        assert outcome == (403, "insufficientAccessLevel")


@pytest.mark.parametrize(("name", "whose"), WHOSE)
def test_a_key_may_do_what_its_level_allows_and_nothing_else(service: Service, name: str, whose: str) -> None:
    takes_keys = {"key": []} in SECURED[name][2]["security"]
    for level in levels_around(needed(name, whose)):
        caller, owner = people_for(service, name, whose, "admin")
        key = caller.new_key(level) if CASES[name].ends else known_key(service, level)
        outcome = request(name, owner, key, public=whose == "public")
        if takes_keys:
            judge(name, outcome, allowed=level >= needed(name, whose))
        else:
            assert outcome == (401, "unauthorized")


@pytest.mark.parametrize(("name", "whose"), WHOSE)
def test_a_person_may_do_what_their_role_allows_and_nothing_else(service: Service, name: str, whose: str) -> None:
    for role, level in ROLE_LEVELS.items():
        caller, owner = people_for(service, name, whose, role)
        outcome = request(name, owner, caller, public=whose == "public")
        judge(name, outcome, allowed=level >= needed(name, whose))


@pytest.mark.parametrize("name", SECURED)
def test_no_operation_with_a_level_runs_without_credentials(service: Service, name: str) -> None:
    owner = known(service, "owner")
    nobody = Credentials(service, "")
    status, code = request(name, owner, nobody, public=True)
    assert (status, code) == (401, "unauthorized")


@pytest.mark.parametrize("name", SECURED)
def test_an_account_without_consent_may_only_give_it_or_leave(service: Service, name: str) -> None:
    owner = service.sign_up()
    method, path, operation = SECURED[name]
    case = CASES[name]
    path = path.format(**(case.record(known(service, "owner"), False) if case.record else {}))
    assert owner.patch("/consent", {"consent": 0}).status_code == 200
    reply = owner.request(method, path, **case.sent)
    if operation.get("x-without-consent"):
        assert reply.status_code == 200
    else:
        assert (reply.status_code, reply.json()["error"]) == (451, "consentLacking")


@pytest.mark.parametrize(
    ("kind", "form"),
    [(kind, form) for kind in ("sets", "patterns") for form in ("json", "yaml")]
    + [("sets", form) for form in ("csv", "smis", "vit")],
)
def test_a_private_record_as_data_requires_read_access(service: Service, kind: str, form: str) -> None:
    owner = service.sign_up("admin")
    made = owner.new_set() if kind == "sets" else owner.new_pattern()
    path = f"/{kind}/{made['id']}.{form}"
    stranger = service.sign_up("admin")
    for level in levels_around(1, 6):
        assert owner.new_key(level).get(path).status_code == (200 if level >= 1 else 404)
        assert stranger.new_key(level).get(path).status_code == (200 if level >= 6 else 404)
    assert service.http.get(path).status_code == 404
    assert Credentials(service, "Bearer nonsense").get(path).status_code == 401
