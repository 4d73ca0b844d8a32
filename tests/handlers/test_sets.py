"""Measurement sets, from their creation to their removal."""

from typing import Any

import pytest
import yaml

from tests.service import Person, Service

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def test_a_set_is_stored_and_read_back_as_it_was_sent(alice: Person) -> None:
    made = alice.new_set(name="Ünïcødé 🧵", notes="n", measies={"chest": 920.5, "shoulderSlope": 13}, imperial=True)
    assert made["userId"] == alice.id
    assert made["measies"] == {"chest": 920.5, "shoulderSlope": 13}
    for set_id in (made["id"], made["uuid"]):
        assert alice.get(f"/sets/{set_id}").json() == {"result": "success", "set": made}
    assert made in alice.get("/sets").json()["sets"]


def test_missing_members_get_their_defaults(alice: Person) -> None:
    made = alice.post("/sets", {"name": "bare"}).json()["set"]
    assert (made["notes"], made["measies"], made["imperial"], made["public"]) == ("--", {}, False, False)
    assert made["img"] == "default-avatar"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"chest": 0, "waist": -5, "hips": 900}, {"hips": 900}),
        ({"chest": "nine", "waist": True, "hips": None, "neck": [1], "knee": {}, "head": "__UNSET__"}, {}),
        ({"wingspan": 1700, "waistToArmhole": 21, "waistToArmpit": 22}, {"waistToArmhole": 21, "waistToArmpit": 22}),
        ({"chest": 100_001, "waist": 100_000, "hips": 10**30}, {"waist": 100_000}),
    ],
)
def test_only_known_measurements_with_sensible_values_are_kept(
    alice: Person, sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    assert alice.new_set(measies=sent)["measies"] == kept


def test_an_update_merges_measurements_and_clears_with_null_or_nothing_above_zero(alice: Person) -> None:
    made = alice.new_set(measies={"chest": 900, "waist": 700, "hips": 950, "head": 560, "ankle": 240})
    measies = {"chest": None, "waist": 0, "neck": 380, "x": 1, "head": "__UNSET__", "ankle": "unset"}
    changed = alice.patch(f"/sets/{made['id']}", {"measies": measies})
    assert changed.json()["set"]["measies"] == {"hips": 950, "neck": 380, "ankle": 240}


def test_an_update_changes_only_sent_members_and_can_empty_the_notes(alice: Person) -> None:
    made = alice.new_set(name="before", notes="some", public=True)
    changed = alice.patch(f"/sets/{made['id']}", {"notes": "", "id": 1, "userId": 1, "test": True}).json()["set"]
    assert changed == {**made, "notes": "", "updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] >= made["updatedAt"]


def test_a_deleted_set_is_gone(alice: Person) -> None:
    made = alice.new_set()
    assert alice.delete(f"/sets/{made['id']}").status_code == 204
    for attempt in (alice.get, alice.delete):
        assert attempt(f"/sets/{made['id']}").json()["error"] == "notFound"


def test_a_clone_belongs_to_the_caller_and_names_its_origin(alice: Person, bob: Person) -> None:
    original = alice.new_set(name="Alice", notes="n", public=True, imperial=True, measies={"chest": 910})
    reply = bob.post(f"/sets/{original['id']}/clone")
    assert reply.status_code == 201
    clone = reply.json()["set"]
    assert clone["name"] == f"Alice (cloned from #{original['id']})"
    assert str(original["id"]) in clone["notes"]
    assert (clone["userId"], clone["measies"], clone["imperial"]) == (bob.id, {"chest": 910}, True)
    assert clone["id"] != original["id"]
    assert bob.patch(f"/sets/{clone['id']}", {"name": "mine"}).status_code == 200


def test_a_private_set_of_another_cannot_be_read_written_or_cloned(alice: Person, bob: Person) -> None:
    path = f"/sets/{alice.new_set()['id']}"
    replies = [bob.get(path), bob.patch(path, {"name": "x"}), bob.delete(path), bob.post(f"{path}/clone")]
    assert [(reply.status_code, reply.json()["error"]) for reply in replies] == [(403, "insufficientAccessLevel")] * 4
    assert alice.get(path).status_code == 200


def test_a_public_set_is_data_for_everyone(service: Service, alice: Person) -> None:
    made = alice.new_set(name="Öffentlich", public=True, imperial=True, measies={"waist": 700.5})
    reply = service.http.get(f"/sets/{made['id']}.json")
    shown = reply.json()
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert shown["measurements"] == {"waist": 700.5}
    assert (shown["type"], shown["units"], shown["name"]) == ("measurementsSet", "imperial", "Öffentlich")
    reply = service.http.get(f"/sets/{made['uuid']}.yaml")
    assert reply.headers["content-type"] == "text/yaml; charset=utf-8"
    assert yaml.safe_load(reply.text) == shown


@pytest.mark.parametrize("form", ["json", "yaml", "csv", "smis", "vit"])
def test_a_private_set_is_not_there_for_the_public(service: Service, alice: Person, form: str) -> None:
    made = alice.new_set(public=False)
    for set_id in (made["id"], made["uuid"], 999_999):
        assert service.http.get(f"/sets/{set_id}.{form}").status_code == 404


@pytest.mark.parametrize("form", [f"data:image/png;base64,{PIXEL}", PIXEL])
def test_an_image_is_stored_served_and_removed_with_its_set(service: Service, alice: Person, form: str) -> None:
    made = alice.new_set(img=form)
    reply = service.http.get(f"/images/{made['img']}")
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("image/")
    assert "immutable" in reply.headers["cache-control"]
    again = service.http.get(f"/images/{made['img']}", headers={"If-None-Match": reply.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    alice.delete(f"/sets/{made['id']}")
    assert service.http.get(f"/images/{made['img']}").status_code == 404


def test_a_new_image_replaces_the_old_one_and_a_clone_has_its_own(service: Service, alice: Person) -> None:
    made = alice.new_set(img=PIXEL, public=True)
    clone = alice.post(f"/sets/{made['id']}/clone").json()["set"]
    changed = alice.patch(f"/sets/{made['id']}", {"img": PIXEL}).json()["set"]
    assert len({made["img"], clone["img"], changed["img"]}) == 3
    assert service.http.get(f"/images/{made['img']}").status_code == 404
    assert service.http.get(f"/images/{clone['img']}").status_code == 200
    emptied = alice.patch(f"/sets/{made['id']}", {"img": ""}).json()["set"]
    assert emptied["img"] == "default-avatar"


def test_an_invalid_image_is_rejected_and_nothing_is_stored(alice: Person) -> None:
    before = alice.get("/sets").json()
    for img in ("not an image", "data:image/png;base64,AAAA", "http://127.0.0.1:5432/x.png", "http://[::1]/"):
        reply = alice.post("/sets", {"name": "x", "img": img})
        assert (reply.status_code, reply.json()["error"]) == (400, "imgInvalid")
    assert alice.get("/sets").json() == before


@pytest.mark.parametrize("body", [{"notes": "no name"}, {"name": ""}, {"name": None}, {}])
def test_a_set_without_a_name_is_refused(alice: Person, body: dict[str, Any]) -> None:
    reply = alice.post("/sets", body)
    assert (reply.status_code, reply.json()["error"]) == (400, "nameMissing")
