"""Sets as files of other programs: read from the server, sent to it, and stored only if that is asked for."""

from typing import Any

import httpx2
import pytest
from lxml import etree

from tests.idempotent import assert_replayed, count_sets, is_replayed, new_key
from tests.interchange.files import SCHEMAS, tape
from tests.problems import problem
from tests.service import FILE, Person, Service

KINDS = {"csv": "text/csv; charset=utf-8; header=present", "smis": "application/xml", "vit": "application/xml"}
MEASIES = {"chest": 920.75, "hips": 1e-7, "seat": 99_999.99, "shoulderSlope": 13, "waistToArmpit": 0.1 + 0.2}
INCHES = tape({"bust_circ": "36.25", "hip_circ": "40", "waist_circ": "@x+1", "height": "66"}, unit="inch")


def ask(person: Person, file: bytes = INCHES, *, key: str = "", **query: str) -> httpx2.Response:
    headers = {"Authorization": person.authorization, **FILE, **({"Idempotency-Key": key} if key else {})}
    query = {"format": "smis", **query}
    return person.service.http.post("/sets/import", params=query, content=file, headers=headers)


def named(measurements: list[dict[str, Any]]) -> dict[str, float]:
    return {found["name"]: found["value"] for found in measurements}


@pytest.mark.parametrize("form", KINDS)
def test_a_public_set_is_a_file_for_everyone(service: Service, alice: Person, form: str) -> None:
    made = alice.new_set(name="Ünïcødé <&> 🧵", notes="n", public=True, measies=MEASIES)
    for set_id in (made["id"], made["uuid"]):
        reply = service.http.get(f"/sets/{set_id}.{form}")
        assert reply.status_code == 200
        assert reply.headers["content-type"] == KINDS[form]
        assert reply.headers["content-disposition"] == f'attachment; filename="set-{made["id"]}.{form}"'
        assert reply.headers["cache-control"] == "public, no-cache"
        assert "last-modified" in reply.headers and "etag" in reply.headers
    head = service.http.head(f"/sets/{made['id']}.{form}")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", reply.headers["etag"])
    if form in SCHEMAS:
        SCHEMAS[form].assertValid(etree.fromstring(reply.content))


@pytest.mark.parametrize("imperial", [False, True], ids=["metric", "imperial"])
@pytest.mark.parametrize("form", [*KINDS, "json", "yaml"])
def test_a_set_read_from_the_server_can_be_sent_back(alice: Person, form: str, imperial: bool) -> None:
    made = alice.new_set(name="Alice", notes="Taken\r\nin <November>", imperial=imperial, measies=MEASIES)
    file = alice.get(f"/sets/{made['id']}.{form}").content
    reply = ask(
        alice, file, format=form, store="true", personal="true", **({"name": "Alice"} if form == "csv" else {})
    )
    assert reply.status_code == 201, reply.text
    again = reply.json()["set"]
    kept = ("name", "imperial", "measies", *(("notes",) if form != "csv" else ()))
    assert {field: again[field] for field in kept} == {field: made[field] for field in kept}
    assert alice.get(f"/sets/{again['id']}").json()["set"] == again


@pytest.mark.parametrize("form", ["json", "yaml", "smis", "vit"])
def test_so_can_a_clone_whose_texts_end_with_where_it_is_from(alice: Person, form: str) -> None:
    made = alice.new_set(name="n" * 500, notes="n" * 20_000)
    clone = alice.post(f"/sets/{made['id']}/clone").json()["set"]
    assert len(clone["name"]) > 500 and len(clone["notes"]) > 20_000
    file = alice.get(f"/sets/{clone['id']}.{form}").content
    reply = ask(alice, file, format=form, store="true", personal="true")
    assert reply.status_code == 201, reply.text
    again = reply.json()["set"]
    assert (again["name"], again["notes"]) == (clone["name"], clone["notes"])


EMPTY = {
    "json": b'{"measurements": {"chest": 900}, "notes": ""}',
    "yaml": b"measurements: {chest: 900}\nnotes: ''\n",
    "smis": tape({"bust_circ": 900}, before="<notes></notes>"),
    "vit": tape({"bust_circ": 900}, before="<notes/>", root="vit"),
}
NONE = {
    "csv": b"measurement,value,unit\nchest,900,mm",
    "json": b'{"measurements": {"chest": 900}}',
    "yaml": b"chest: 900",
    "smis": tape({"bust_circ": 900}),
}


@pytest.mark.parametrize(
    ("form", "file", "notes"),
    [*((form, file, "") for form, file in EMPTY.items()), *((form, file, "--") for form, file in NONE.items())],
    ids=[*(f"{form}-empty" for form in EMPTY), *(f"{form}-none" for form in NONE)],
)
def test_empty_notes_stay_empty_and_none_are_as_in_a_set_made_without(
    alice: Person, form: str, file: bytes, notes: str
) -> None:
    assert ask(alice, file, format=form, store="true", name="a").json()["set"]["notes"] == notes


@pytest.mark.parametrize("form", ["json", "yaml", "smis", "vit"])
def test_a_set_with_empty_notes_comes_back_with_empty_notes(alice: Person, form: str) -> None:
    file = alice.get(f"/sets/{alice.new_set(notes='')['id']}.{form}").content
    assert ask(alice, file, format=form, store="true", name="a").json()["set"]["notes"] == ""


def test_a_file_that_is_only_read_is_reported_and_not_stored(alice: Person) -> None:
    queries: list[dict[str, str]] = [{}, {"store": "false"}]
    for query in queries:
        reply = ask(alice, INCHES, **query)
        assert (reply.status_code, set(reply.json())) == (200, {"result", "report"})
        report = reply.json()["report"]
        assert named(report["measurements"]) == {"chest": 920.75, "seat": 1016}
        assert report["dropped"] == [
            {"source": "waist_circ", "reason": "formula"},
            {"source": "height", "reason": "unknown"},
        ]
        assert (report["format"], report["imperial"]) == ("smis", True)
    assert count_sets(alice) == 0


def test_a_set_is_made_of_a_file_as_it_is_asked_for(alice: Person, bob: Person) -> None:
    made = ask(alice, store="true", name="Mine", public="true").json()
    fields = {field: made["set"][field] for field in ("name", "notes", "imperial", "public", "measies", "userId")}
    measies = {"chest": 920.75, "seat": 1016}
    assert fields == {
        "name": "Mine",
        "notes": "--",
        "imperial": True,
        "public": True,
        "measies": measies,
        "userId": alice.id,
    }
    assert named(made["report"]["measurements"]) == measies
    assert bob.service.http.get(f"/sets/{made['set']['id']}.json").json()["measurements"] == measies
    made = ask(alice, store="true", name="Mine", imperial="false").json()
    assert (made["set"]["imperial"], made["report"]["imperial"], made["set"]["public"]) == (False, False, False)


def test_a_set_is_named_after_a_person_only_if_that_is_asked_for(alice: Person) -> None:
    file = tape({"bust_circ": 900}, before="<personal><given-name>Jane</given-name></personal>")
    reply = ask(alice, file, store="true", name="Mine")
    assert reply.json()["set"]["name"] == "Mine" and "Jane" not in reply.text
    problem(ask(alice, file, store="true"), 400, "nameMissing")
    problem(ask(alice, file, store="true", name=" \u200b"), 400, "nameMissing")
    assert ask(alice, file, store="true", personal="true").json()["set"]["name"] == "Jane"


def test_a_file_sent_again_with_its_key_makes_one_set(alice: Person) -> None:
    key = new_key()
    first = ask(alice, key=key, store="true", name="a")
    assert_replayed(first, ask(alice, key=key, store="true", name="a"))
    for other in (
        ask(alice, INCHES + b"\n", key=key, store="true", name="a"),
        ask(alice, key=key, store="true", name="b"),
        ask(alice, key=key, name="a"),
    ):
        problem(other, 422, "idempotencyKeyReused")
    assert count_sets(alice) == 1
    key = new_key()
    assert not is_replayed(ask(alice, key=key))
    assert is_replayed(ask(alice, key=key))


def test_a_file_sent_in_pieces_is_the_same_file(alice: Person) -> None:
    headers = {"Authorization": alice.authorization, **FILE}
    pieces = (INCHES[place : place + 7] for place in range(0, len(INCHES), 7))
    reply = alice.service.http.post("/sets/import?format=vit", content=pieces, headers=headers)
    assert reply.json() == ask(alice).json()


def test_bytes_that_are_no_text_are_a_request_like_any_other(alice: Person) -> None:
    file = bytes(range(256))
    for _ in range(2):
        problem(ask(alice, file, key=new_key()), 400, "fileInvalid")
