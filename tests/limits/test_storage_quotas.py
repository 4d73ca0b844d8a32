"""The quota of records and bytes of an account, over HTTP."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from httpx2 import Response

from tests.limits.conftest import settings
from tests.service import Person, Service

MOST_RECORDS, MOST_BYTES = 5, 20_000
FOREVER = "2100-01-01T00:00:00.000Z"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server whose accounts may store little."""
    quotas = settings(records=MOST_RECORDS, bytes=MOST_BYTES, account_burst=100_000, burst=100_000)
    service = Service(tmp_path_factory.mktemp("small"), **quotas)
    try:
        yield service.start()
    finally:
        service.close()


@pytest.fixture
def full(small: Service) -> Person:
    """An account that has reached its quota of records."""
    person = small.sign_up()
    person.new_pattern(set=person.new_set(public=True)["id"])
    person.new_bookmark()
    person.new_suggestion()
    return person


def _stored(person: Person) -> dict[str, Any]:
    found: dict[str, Any] = person.get("/account/storage").json()["storage"]
    return found


# Everything that adds a record to the caller's own.
ADDITIONS: dict[str, Callable[[Person], Response]] = {
    "create_set": lambda person: person.post("/sets", {"name": "x"}),
    "clone_set": lambda person: person.post(f"/sets/{person.every('/sets', 'sets')[0]['id']}/clone"),
    "import_set": lambda person: person.send_file(
        "/sets/import", b'{"measurements": {"chest": 900}}', format="json", units="mm", store="true", name="x"
    ),
    "create_pattern": lambda person: person.post("/patterns", {"design": "aaron", "settings": {}}),
    "clone_pattern": lambda person: person.post(f"/patterns/{person.every('/patterns', 'patterns')[0]['id']}/clone"),
    "create_bookmark": lambda person: person.post("/bookmarks", {"type": "doc", "title": "x", "url": "/docs"}),
    "clone_curated_set": lambda person: person.post("/curated-sets/1/clone", {"language": "en"}),
    "suggest_curated_set": lambda person: person.post(
        "/curated-sets/suggest", {"set": person.every("/sets", "sets")[0]["id"]}
    ),
    "suggest_option_pack": lambda person: person.post(
        "/option-packs/suggest", {"nameEn": "x", "name": "x", "design": "aaron"}
    ),
}


@pytest.mark.parametrize("name", ADDITIONS)
def test_a_full_account_gets_no_more_records(full: Person, name: str) -> None:
    stored = _stored(full)
    assert (stored["records"], stored["recordsQuota"], stored["recordsLeft"]) == (MOST_RECORDS, MOST_RECORDS, 0)
    reply = ADDITIONS[name](full)
    assert (reply.status_code, reply.json()["error"]) == (403, "storageQuotaExceeded"), reply.text
    assert reply.json()["storage"] == stored == _stored(full)
    assert full.delete(f"/sets/{full.every('/sets', 'sets')[0]['id']}").status_code == 204
    reply = ADDITIONS["create_set" if "set" in name else name](full)
    assert reply.status_code in (200, 201), reply.text


@pytest.mark.parametrize(
    ("path", "member", "fields"),
    [
        ("/sets", "sets", {"notes": "x" * 20_000}),
        ("/patterns", "patterns", {"data": {"x": "x" * 20_000}}),
    ],
)
def test_a_record_can_be_made_smaller_but_not_larger_than_the_quota(
    full: Person, path: str, member: str, fields: dict[str, Any]
) -> None:
    record = f"{path}/{full.every(path, member)[0]['id']}"
    stored, before = _stored(full), full.get(record).json()
    reply = full.patch(record, fields)
    assert (reply.status_code, reply.json()["error"]) == (403, "storageQuotaExceeded")
    assert reply.json()["storage"] == stored and full.get(record).json() == before
    assert full.patch(record, {"notes": "x" * 100}).status_code == 200


def test_an_administrator_raises_the_quota_of_one_account(small: Service, full: Person) -> None:
    admin = small.sign_up("admin")
    terms = {"user": full.id, "policy": "records", "quota": MOST_RECORDS + 1, "until": FOREVER, "reason": "x"}
    quota = admin.request("PUT", "/admin/quotas", json=terms)
    assert quota.status_code == 200, quota.text
    assert _stored(full)["recordsLeft"] == 1
    assert full.post("/sets", {"name": "x"}).status_code == 201
    assert full.post("/sets", {"name": "x"}).status_code == 403
    assert admin.delete(f"/admin/quotas/{quota.json()['quota']['id']}").status_code == 204
    assert _stored(full)["recordsQuota"] == MOST_RECORDS


def test_support_and_administrators_may_exceed_the_quota_of_others(small: Service, full: Person) -> None:
    record = f"/sets/{full.every('/sets', 'sets')[0]['id']}"
    assert small.sign_up("admin").patch(record, {"notes": "x" * 20_000}).status_code == 200
    assert _stored(full)["bytesLeft"] == 0


def test_without_limits_there_is_no_quota(sqlite_service: Service) -> None:
    person = sqlite_service.sign_up()
    person.new_set()
    stored = _stored(person)
    assert stored["records"] == 1 and stored["bytes"] > 0
    assert {stored[name] for name in ("recordsQuota", "bytesQuota", "recordsLeft", "bytesLeft")} == {None}
