"""The sets that patterns are drafted from: whose may be used, and who sees them."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from core.clock import new_uuid, now
from storage.schema.tables import curated_sets
from tests.handlers.database import execute
from tests.handlers.reading import failure
from tests.service import Person, Service

UNKNOWN = [999_999, "999999", str(uuid4()), {"id": 999_999}]


def _new_cset(service: Service, *, published: bool = True) -> int:
    """A curated set; its number."""
    uuid = new_uuid()
    row = {
        "uuid": uuid,
        "created_at": now(),
        "updated_at": now(),
        "published": published,
        "height": 172,
        "img": "default-avatar",
        "measies": {"chest": 800},
        "texts": {"en": {"name": "Size 32"}},
    }
    execute(service, insert(curated_sets).values(**row))
    return int(execute(service, select(curated_sets.c.id).where(curated_sets.c.uuid == uuid))[0][0])


def _forms(found: dict[str, Any]) -> list[Any]:
    """The ways in which a body may name a set."""
    return [found["id"], str(found["id"]), found["uuid"], {"id": found["id"]}, found]


def test_an_own_set_is_named_in_any_way_and_embedded_in_the_clear(alice: Person) -> None:
    drafted_from = alice.new_set(name="Ünïcødé", measies={"chest": 920.5})
    for form in _forms(drafted_from):
        made = alice.new_pattern(set=form)
        assert (made["setId"], made["set"]) == (drafted_from["id"], drafted_from)
        assert alice.get(f"/patterns/{made['id']}").json()["pattern"] == made
    assert {row["set"]["name"] for row in alice.get("/patterns").json()["patterns"]} == {"Ünïcødé"}


def test_nothing_and_null_name_no_set(alice: Person) -> None:
    made = alice.new_pattern(set=None, cset=None)
    assert [made[name] for name in ("set", "setId", "cset", "csetId")] == [None] * 4


@pytest.mark.parametrize("field", ["set", "cset"])
@pytest.mark.parametrize("unknown", UNKNOWN, ids=lambda value: type(value).__name__)
def test_an_unknown_set_is_refused_and_nothing_is_stored(alice: Person, field: str, unknown: Any) -> None:
    reply = alice.post("/patterns", {"design": "aaron", "settings": {}, field: unknown})
    assert failure(reply) == (400, f"{field}Unknown")
    assert alice.get("/patterns").json()["patterns"] == []


def test_anothers_set_can_be_used_only_while_it_is_public(alice: Person, bob: Person, admin: Person) -> None:
    private, public = alice.new_set(), alice.new_set(public=True)
    for form in _forms(private):
        for caller in (bob, admin):
            reply = caller.post("/patterns", {"design": "aaron", "settings": {}, "set": form})
            assert failure(reply) == (400, "setUnknown")
    made = bob.new_pattern(set=public["uuid"])
    assert made["set"] == public
    alice.patch(f"/sets/{public['id']}", {"public": False})
    # What its owner has taken back is no longer for him to see.
    found = bob.get(f"/patterns/{made['id']}").json()["pattern"]
    assert (found["setId"], found["set"]) == (public["id"], None)
    assert bob.get("/patterns").json()["patterns"][0]["set"] is None
    assert bob.get(f"/users/{bob.id}/data").json()["data"]["patterns"][0]["set"] is None
    assert admin.get(f"/patterns/{made['id']}").json()["pattern"]["set"]["id"] == public["id"]


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_public_pattern_shows_its_set_only_if_that_is_public(service: Service, alice: Person, form: str) -> None:
    drafted_from = alice.new_set(name="canary")
    path = f"/patterns/{alice.new_pattern(set=drafted_from['id'], public=True)['id']}.{form}"
    for reader in (service.http, alice):
        assert "canary" not in reader.get(path).text
    alice.patch(f"/sets/{drafted_from['id']}", {"public": True})
    assert "canary" in service.http.get(path).text


def test_a_pattern_outlives_its_set(alice: Person) -> None:
    drafted_from = alice.new_set()
    made = alice.new_pattern(set=drafted_from["id"])
    alice.delete(f"/sets/{drafted_from['id']}")
    found = alice.get(f"/patterns/{made['id']}").json()["pattern"]
    assert found == {**made, "set": None, "setId": None}


def test_a_curated_set_is_embedded_for_everyone(service: Service, alice: Person) -> None:
    number = _new_cset(service)
    made = alice.new_pattern(cset=number, public=True)
    cset = made["cset"]
    assert (made["csetId"], cset["id"], cset["measies"]) == (number, number, {"chest": 800})
    assert (cset["nameEn"], cset["nameDe"], cset["notesEn"], cset["tagsUk"]) == ("Size 32", "", "", [])
    assert service.http.get(f"/patterns/{made['id']}.json").json()["cset"] == cset
    for form in _forms(cset):
        assert alice.new_pattern(cset=form)["cset"] == cset


def test_an_unpublished_curated_set_is_for_curators(service: Service, alice: Person) -> None:
    number, curator = _new_cset(service, published=False), service.sign_up("curator")
    body = {"design": "aaron", "settings": {}, "cset": number}
    assert failure(alice.post("/patterns", body)) == (400, "csetUnknown")
    assert failure(curator.new_key(4).post("/patterns", body)) == (400, "csetUnknown")
    made = curator.new_pattern(cset=number, public=True)
    assert made["cset"]["published"] is False
    assert service.http.get(f"/patterns/{made['id']}.json").json()["cset"] is None
    assert alice.post(f"/patterns/{made['id']}/clone").json()["pattern"]["csetId"] is None
    assert curator.post(f"/patterns/{made['id']}/clone").json()["pattern"]["csetId"] == number


def test_a_clone_keeps_its_set_only_if_its_owner_can_use_it(service: Service, alice: Person, bob: Person) -> None:
    support, private, public = service.sign_up("support"), alice.new_set(), alice.new_set(public=True)
    for drafted_from, cloners in ((private, {alice: True, bob: False, support: False}), (public, {bob: True})):
        made = alice.new_pattern(set=drafted_from["id"], public=True)
        for cloner, keeps in cloners.items():
            clone = cloner.post(f"/patterns/{made['id']}/clone").json()["pattern"]
            assert (clone["setId"], clone["set"]) == ((drafted_from["id"], drafted_from) if keeps else (None, None))


@pytest.mark.parametrize("public", [False, True])
def test_freesewings_pages_clone_by_sending_back_what_they_read(alice: Person, bob: Person, public: bool) -> None:
    """`@freesewing/react` 4.10.2 posts the whole of a pattern but for what its server makes."""
    made = alice.new_pattern(set=alice.new_set(public=public)["id"], cset=_new_cset(alice.service), public=True)
    own = alice.get(f"/patterns/{made['uuid']}/jwt").json()["pattern"]
    shown = bob.get(f"/patterns/{made['uuid']}.json").json()
    for person, read in ((alice, own), (bob, shown)):
        left_out = ("uuid", "createdAt", "data", "userId", "img")
        body = {name: value for name, value in read.items() if name not in left_out}
        reply = person.post("/patterns/jwt", {**body, "name": "a copy"})
        assert (reply.status_code, reply.json()["result"]) == (201, "created")
        copy = reply.json()["pattern"]
        assert (copy["userId"], copy["set"], copy["cset"]) == (person.id, read["set"], read["cset"])
        assert copy["settings"] == made["settings"]
