"""`If-Match`: each operation that accepts it compares the entity tag of the representation that the read returns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from core import document
from tests.handlers.curating import new_curated_set, new_pack
from tests.in_process import AsgiService, in_process
from tests.service import Person

OTHER = '"other"'


class People:
    """The owner of a record, an administrator, and another user."""

    def __init__(self, service: AsgiService) -> None:
        self.owner, self.other = service.sign_up(), service.sign_up()
        self.administrator = service.sign_up("admin")

    def new_pattern(self) -> Any:
        """A pattern of the owner, drafted from a set that only the other person and staff can read."""
        theirs = self.other.new_set(public=True)["id"]
        pattern = self.owner.new_pattern(set=theirs)["id"]
        assert self.other.patch(f"/sets/{theirs}", {"public": False}).status_code == 200
        return pattern


@dataclass(frozen=True, slots=True)
class Case:
    """An operation: its method, the path at which its record is read and changed, the record's member, a body.

    `create` makes a record of the owner and returns what the path needs. `readers` are the roles that may do it.
    """

    method: str
    path: str
    member: str
    create: Callable[[People], Any]
    body: dict[str, Any] = field(default_factory=dict)
    readers: tuple[str, ...] = ("owner", "administrator")


def _account(people: People) -> Any:
    return people.owner.id


def _set(people: People) -> Any:
    return people.owner.new_set(measies={"chest": 900.5}, notes="ü")["id"]


def _bookmark(people: People) -> Any:
    return people.owner.new_bookmark()["id"]


def _curated_set(people: People) -> Any:
    return new_curated_set(people.administrator, published=False)["id"]


def _pack(people: People) -> Any:
    return new_pack(people.administrator)["id"]


def _key(people: People) -> Any:
    return people.owner.new_key(0).key


OWNER, STAFF = ("owner",), ("administrator",)
CASES: dict[str, Case] = {
    "update_account": Case("PATCH", "/account", "account", _account, body={"bio": "new"}, readers=OWNER),
    "remove_account": Case("DELETE", "/account", "account", _account, readers=OWNER),
    "update_user": Case("PATCH", "/admin/user/{}", "user", _account, body={"role": "curator"}, readers=STAFF),
    "update_set": Case("PATCH", "/sets/{}", "set", _set, {"measies": {"waist": 700}}),
    "delete_set": Case("DELETE", "/sets/{}", "set", _set),
    "update_pattern": Case("PATCH", "/patterns/{}", "pattern", People.new_pattern, {"name": "new"}),
    "delete_pattern": Case("DELETE", "/patterns/{}", "pattern", People.new_pattern),
    "update_bookmark": Case("PATCH", "/bookmarks/{}", "bookmark", _bookmark, {"title": "new"}, OWNER),
    "delete_bookmark": Case("DELETE", "/bookmarks/{}", "bookmark", _bookmark, readers=OWNER),
    "update_curated_set": Case("PATCH", "/curated-sets/{}", "curatedSet", _curated_set, {"nameNl": "n"}, STAFF),
    "delete_curated_set": Case("DELETE", "/curated-sets/{}", "curatedSet", _curated_set, readers=STAFF),
    "update_option_pack": Case("PATCH", "/option-packs/{}", "optionPack", _pack, {"options": {"a": 1}}, STAFF),
    "delete_option_pack": Case("DELETE", "/option-packs/{}", "optionPack", _pack, readers=STAFF),
    "delete_api_key": Case("DELETE", "/apikeys/{}", "apikey", _key, readers=OWNER),
}
CALLS = [(name, reader) for name, case in CASES.items() for reader in case.readers]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsgiService]:
    """The application, in this process."""
    with in_process(tmp_path_factory.mktemp("preconditions")) as there:
        yield there


def test_every_operation_that_accepts_if_match_has_its_case() -> None:
    reference = {"$ref": "#/components/parameters/IfMatch"}
    operations = [operation for path in document.load()["paths"].values() for operation in path.values()]
    accepting = {one["operationId"] for one in operations if reference in one.get("parameters", [])}
    assert accepting == set(CASES), "an operation with the parameter IfMatch has a row in CASES"


@pytest.mark.parametrize(("name", "reader"), CALLS)
def test_the_tag_of_a_read_is_the_one_that_a_change_expects(service: AsgiService, name: str, reader: str) -> None:
    case, people = CASES[name], People(service)
    path = case.path.format(case.create(people))
    person: Person = getattr(people, reader)
    read = person.get(path)
    assert read.status_code == 200, read.text
    assert _change(person, case, path, OTHER).status_code == 412
    changed = _change(person, case, path, read.headers["etag"])
    assert changed.status_code in (200, 204), changed.text
    if case.method == "DELETE":
        return
    again = person.get(path)
    assert changed.json()[case.member] == again.json()[case.member] != read.json()[case.member]
    assert _strong(changed.headers["etag"]) == _strong(again.headers["etag"]) != _strong(read.headers["etag"])
    assert _change(person, case, path, read.headers["etag"]).status_code == 412
    assert _change(person, case, path, changed.headers["etag"]).status_code == 200


def _change(person: Person, case: Case, path: str, tag: str) -> Any:
    options: dict[str, Any] = {"json": case.body} if case.method == "PATCH" else {}
    return person.request(case.method, path, headers={"If-Match": tag}, **options)


def _strong(tag: str) -> str:
    """The tag without its weakness: a read of a user by staff includes their records."""
    return tag.removeprefix("W/")
