"""Cached responses of public records: a record that is made private, changed or deleted is not served afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.problems import problem
from tests.service import Person, Service, wait_until

FORMS = ("json", "yaml")
SHARED = {
    "secret_key": "s" * 40,
    "encryption_keys": "one:MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE=",
    "public_url": "http://api.example.org",
}


def public_set(person: Person) -> int:
    """A public set of theirs."""
    made = person.post("/sets", {"name": "Mine", "public": True, "measies": {"chest": 900}})
    return int(made.json()["set"]["id"])


def public_pattern(person: Person, set_id: int) -> int:
    """A public pattern, drafted from the set."""
    body = {"design": "aaron", "name": "Mine", "public": True, "set": set_id, "settings": {"sa": 10}}
    return int(person.post("/patterns", body).json()["pattern"]["id"])


@pytest.mark.parametrize("form", [*FORMS, "csv", "smis", "vit"])
def test_a_set_made_private_is_gone_for_the_public_from_then_on(service: Service, alice: Person, form: str) -> None:
    set_id = public_set(alice)
    path = f"/sets/{set_id}.{form}"
    assert [service.http.get(path).status_code for _ in range(3)] == [200] * 3
    assert alice.patch(f"/sets/{set_id}", {"public": False}).status_code == 200
    problem(service.http.get(path), 404, "notFound")
    assert alice.get(path).status_code == 200


@pytest.mark.parametrize("form", FORMS)
def test_a_change_is_read_at_once_with_another_tag(service: Service, alice: Person, form: str) -> None:
    set_id = public_set(alice)
    before = service.http.get(f"/sets/{set_id}.{form}")
    assert service.http.get(f"/sets/{set_id}.{form}").headers["etag"] == before.headers["etag"]
    alice.patch(f"/sets/{set_id}", {"name": "Another name"})
    after = service.http.get(f"/sets/{set_id}.{form}")
    assert "Another name" in after.text
    assert after.headers["etag"] != before.headers["etag"]


@pytest.mark.parametrize("form", FORMS)
def test_a_pattern_changes_with_the_set_that_it_shows(service: Service, alice: Person, form: str) -> None:
    set_id = public_set(alice)
    path = f"/patterns/{public_pattern(alice, set_id)}.{form}"
    assert service.http.get(path).status_code == 200
    alice.patch(f"/sets/{set_id}", {"name": "Another name"})
    assert "Another name" in service.http.get(path).text
    alice.delete(f"/sets/{set_id}")
    assert "Another name" not in service.http.get(path).text


def test_a_deleted_account_leaves_no_public_record(service: Service, alice: Person) -> None:
    set_id = public_set(alice)
    paths = [f"/sets/{set_id}.json", f"/patterns/{public_pattern(alice, set_id)}.json"]
    assert [service.http.get(path).status_code for path in paths] == [200, 200]
    assert alice.delete("/account").status_code == 200
    for path in paths:
        problem(service.http.get(path), 404, "notFound")


def test_what_its_owner_reads_is_not_kept_for_the_public(service: Service, alice: Person) -> None:
    made = alice.post("/sets", {"name": "Mine", "public": False}).json()["set"]
    for _ in range(2):
        reply = alice.get(f"/sets/{made['id']}.json")
        assert reply.status_code == 200
        assert reply.headers["cache-control"] == "private, no-cache"
        problem(service.http.get(f"/sets/{made['id']}.json"), 404, "notFound")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Service]]:
    """Two servers on one database, with their images in one folder."""
    folder: Path = tmp_path_factory.mktemp("images")
    shared = {**SHARED, "images_url": f"file:{folder}"}
    here = Service(tmp_path_factory.mktemp("here"), **shared)
    there = Service(tmp_path_factory.mktemp("there"), database_url=here.database_url, **shared)
    try:
        yield here.start(), there.start(migrate=False)
    finally:
        here.close()
        there.close()


def test_a_change_on_one_server_is_soon_visible_on_the_other(two: tuple[Service, Service]) -> None:
    here, there = two
    alice = here.sign_up()
    set_id = public_set(alice)
    path = f"/sets/{set_id}.json"
    assert there.http.get(path).status_code == 200
    alice.patch(f"/sets/{set_id}", {"public": False})
    wait_until(lambda: there.http.get(path).status_code == 404, "the other server to see it")
