"""Curated sets, from their creation to their removal."""

from typing import Any

import pytest
import yaml

from tests.handlers.curating import new_curated_set
from tests.handlers.reading import failure
from tests.handlers.test_sets import PIXEL
from tests.service import Credentials, Person, Service

LANGUAGES = ("De", "En", "Es", "Fr", "Nl", "Uk")


def test_a_new_installation_has_twenty_sizes_that_scripts_can_read_at_once(service: Service) -> None:
    shown = service.http.get("/curated-sets/1.json").json()
    assert shown["nameEn"] == "Womenswear size 28"
    assert len(shown["measurements"]) == 38
    assert (shown["measurements"]["chest"], shown["type"]) == (762, "curatedMeasurementsSet")
    assert shown["height"] is None
    assert all(shown[f"name{language}"] for language in LANGUAGES)
    last = service.http.get("/curated-sets/20").json()["curatedSet"]
    assert (last["nameEn"], last["published"]) == ("Menswear size 50", True)


def test_a_set_is_stored_and_read_back_as_it_was_sent(service: Service, curator: Person) -> None:
    texts = {f"name{language}": f"Größe {language}" for language in LANGUAGES}
    made = new_curated_set(curator, **texts, notesUk="нотатки", tagsFr=["été", "🧵"], height=172)
    assert made["id"] > 20
    assert {name: made[name] for name in texts} == texts
    assert (made["notesUk"], made["notesEn"], made["tagsFr"], made["tagsEn"]) == ("нотатки", "", ["été", "🧵"], [])
    assert (made["height"], made["published"], made["measies"]) == (172, True, {"chest": 900})
    for set_id in (made["id"], made["uuid"], made["uuid"].upper()):
        reply = service.http.get(f"/curated-sets/{set_id}")
        assert reply.json() == {"result": "success", "curatedSet": made}
        assert reply.headers["cache-control"] == "public, no-cache"
        assert reply.headers["last-modified"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("172", 172), ("172.6", 173), (168.2, 168), (300, 300), ("", None), (None, None)],
)
def test_a_height_is_whole_centimetres_from_a_number_or_its_text(curator: Person, sent: Any, kept: Any) -> None:
    made = new_curated_set(curator, height=sent)
    assert made["height"] == kept
    assert curator.patch(f"/curated-sets/{made['id']}", {"height": ""}).json()["curatedSet"]["height"] is None


@pytest.mark.parametrize("height", ["tall", "0", 0, -5, 301, "301", "1e2", [], True])
def test_an_impossible_height_is_refused(curator: Person, height: Any) -> None:
    reply = curator.post("/curated-sets", {"nameEn": "x", "height": height})
    assert failure(reply) == (400, "validationFailed")


@pytest.mark.parametrize("body", [{}, {"nameDe": "x"}, {"nameEn": ""}, {"nameEn": None}])
def test_a_set_needs_an_english_name(curator: Person, body: dict[str, Any]) -> None:
    assert failure(curator.post("/curated-sets", body)) == (400, "nameEnMissing")


def test_an_update_merges_and_answers_under_both_names(service: Service, curator: Person) -> None:
    made = new_curated_set(curator, measies={"chest": 900, "waist": 700}, notesEn="n", tagsEn=["a"])
    path = f"/curated-sets/{made['id']}"
    reply = curator.patch(path, {"nameDe": "Größe", "notesEn": "", "measies": {"chest": None, "hips": 950}, "id": 1})
    changed = reply.json()["curatedSet"]
    assert reply.json()["set"] == changed
    expected = {"nameDe": "Größe", "notesEn": "", "notes": "", "measies": {"waist": 700, "hips": 950}}
    assert changed == {**made, **expected, "updatedAt": changed["updatedAt"]}
    # A cached response is not served after a write.
    assert service.http.get(path).json()["curatedSet"] == changed
    assert failure(curator.patch(path, {"nameEn": ""})) == (400, "nameEnMissing")


def test_a_name_and_notes_without_a_language_are_in_english(curator: Person) -> None:
    made = new_curated_set(curator, nameEn="Tall", notes="In shoes", height="172.4 cm")
    assert (made["name"], made["nameEn"], made["notes"], made["notesEn"]) == ("Tall", "Tall", "In shoes", "In shoes")
    assert made["height"] == 172
    path = f"/curated-sets/{made['id']}"
    changed = curator.patch(path, {"name": "Short", "nameDe": "Klein", "height": "166cm"}).json()["curatedSet"]
    assert (changed["name"], changed["nameEn"], changed["nameDe"]) == ("Short", "Short", "Klein")
    assert changed["height"] == 166


def test_lists_and_single_sets_follow_every_write_at_once(service: Service, curator: Person) -> None:
    for path in ("/curated-sets", "/curated-sets.json", "/curated-sets.yaml"):
        assert service.http.get(path).status_code == 200
    made = new_curated_set(curator, nameEn="quite new")
    for path in ("/curated-sets", "/curated-sets.json", "/curated-sets.yaml"):
        assert "quite new" in service.http.get(path).text
    curator.delete(f"/curated-sets/{made['id']}")
    for path in ("/curated-sets", "/curated-sets.json", "/curated-sets.yaml"):
        assert "quite new" not in service.http.get(path).text
    for form in ("", ".json", ".yaml"):
        assert failure(service.http.get(f"/curated-sets/{made['id']}{form}")) == (404, "notFound")
    assert failure(curator.delete(f"/curated-sets/{made['id']}")) == (404, "notFound")


def test_the_forms_as_data_hold_the_same(service: Service, curator: Person) -> None:
    made = new_curated_set(curator, nameUk="Розмір")
    listed = service.http.get("/curated-sets.json").json()
    one = service.http.get(f"/curated-sets/{made['uuid']}.json").json()
    assert one in listed
    assert one["measurements"] == made["measies"]
    assert one.items() >= made.items()
    assert "result" not in one
    for path, value in (("/curated-sets", listed), (f"/curated-sets/{made['id']}", one)):
        reply = service.http.get(f"{path}.yaml")
        assert reply.headers["content-type"] == "text/yaml; charset=utf-8"
        assert yaml.safe_load(reply.text) == value
    members = service.http.get("/curated-sets").json()["curatedSets"]
    assert [member["id"] for member in members] == [member["id"] for member in listed]
    assert [member["id"] for member in members] == sorted(member["id"] for member in members)


def test_a_list_is_walked_in_pages(service: Service, curator: Person) -> None:
    everything = [shown["id"] for shown in service.http.get("/curated-sets.json").json()]
    for form in ("", ".json"):
        walked: list[int] = []
        url: str | None = f"/curated-sets{form}?limit=7"
        while url:
            reply = service.http.get(url)
            body = reply.json()
            walked += [member["id"] for member in (body if form else body["curatedSets"])]
            url = reply.links["next"]["url"] if "next" in reply.links else None
        assert walked == everything


def test_an_unpublished_set_is_there_for_curators_alone(service: Service, curator: Person, alice: Person) -> None:
    made = new_curated_set(curator, nameEn="a draft", published=False)
    paths = [f"/curated-sets/{made['id']}{form}" for form in ("", ".json", ".yaml")]
    lists = [f"/curated-sets{form}" for form in ("", ".json", ".yaml")]
    strangers = (Credentials(service, alice.authorization), curator.new_key(4), alice.new_key(0))
    for path in paths:
        assert failure(service.http.get(path)) == (404, "notFound")
        assert [failure(stranger.get(path)) for stranger in strangers] == [(404, "notFound")] * 3
        for staff in (curator, curator.new_key(5)):
            reply = staff.get(path)
            assert (reply.status_code, reply.headers["cache-control"]) == (200, "private, no-cache")
    for path in lists:
        assert "a draft" in curator.get(path).text
        assert not any("a draft" in reader.get(path).text for reader in (service.http, *strangers))
    assert failure(alice.post(f"/curated-sets/{made['id']}/clone", {"language": "en"})) == (404, "notFound")
    curator.patch(paths[0], {"published": True})
    assert service.http.get(paths[1]).json()["nameEn"] == "a draft"


def test_a_read_with_the_present_tag_gets_304(service: Service, curator: Person) -> None:
    path = f"/curated-sets/{new_curated_set(curator)['id']}"
    for address in (path, f"{path}.json", f"{path}.yaml", "/curated-sets", "/curated-sets.yaml"):
        tag = service.http.get(address).headers["etag"]
        again = service.http.get(address, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")


def test_two_editors_cannot_overwrite_each_other(service: Service, curator: Person) -> None:
    path = f"/curated-sets/{new_curated_set(curator)['id']}"
    tag = service.http.get(path).headers["etag"]
    first = service.http.patch(
        path, json={"notesEn": "one"}, headers={"Authorization": curator.authorization, "If-Match": tag}
    )
    assert first.status_code == 200
    assert first.headers["etag"] == service.http.get(path).headers["etag"]
    stale = {"Authorization": curator.authorization, "If-Match": tag}
    assert failure(service.http.patch(path, json={"notesEn": "two"}, headers=stale)) == (412, "preconditionFailed")
    assert failure(service.http.delete(path, headers=stale)) == (412, "preconditionFailed")
    fresh = {"Authorization": curator.authorization, "If-Match": first.headers["etag"]}
    assert service.http.delete(path, headers=fresh).status_code == 204


def test_an_image_is_replaced_and_removed_with_its_set(service: Service, curator: Person) -> None:
    made = new_curated_set(curator, img=PIXEL)
    changed = curator.patch(f"/curated-sets/{made['id']}", {"img": PIXEL}).json()["set"]
    assert service.http.get(f"/images/{made['img']}").status_code == 404
    assert service.http.get(f"/images/{changed['img']}").status_code == 200
    curator.delete(f"/curated-sets/{made['id']}")
    assert service.http.get(f"/images/{changed['img']}").status_code == 404


@pytest.mark.parametrize(
    ("language", "name", "notes"), [("de", "Größe", "Notizen"), ("fr", "Size", "Notes"), ("es", "Talla", "Notes")]
)
def test_a_clone_is_the_callers_own_in_one_language(
    curator: Person, alice: Person, language: str, name: str, notes: str
) -> None:
    texts = {"nameEn": "Size", "notesEn": "Notes", "nameDe": "Größe", "notesDe": "Notizen", "nameEs": "Talla"}
    original = new_curated_set(curator, **texts, img=PIXEL)
    reply = alice.post(f"/curated-sets/{original['id']}/clone", {"language": language})
    assert reply.status_code == 201
    clone = reply.json()["set"]
    assert (clone["name"], clone["notes"], clone["measies"]) == (name, notes, {"chest": 900})
    assert (clone["userId"], clone["public"], clone["imperial"]) == (alice.id, False, False)
    assert clone["img"] not in (original["img"], "default-avatar")
    assert alice.get(f"/sets/{clone['id']}").json()["set"] == clone


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "languageMissing"),
        (None, "languageMissing"),
        ({"language": ""}, "languageMissing"),
        ({"language": None}, "languageMissing"),
        ({"language": "tlh"}, "unsupportedLanguage"),
        ({"language": 5}, "unsupportedLanguage"),
    ],
)
def test_a_clone_needs_a_language(alice: Person, body: Any, code: str) -> None:
    assert failure(alice.post("/curated-sets/1/clone", body)) == (400, code)


def test_an_unknown_record_is_not_found(service: Service, curator: Person, alice: Person) -> None:
    for unknown in (999_999, "00000000-0000-4000-8000-000000000000", "x"):
        path = f"/curated-sets/{unknown}"
        assert failure(service.http.get(path)) == (404, "notFound")
        assert failure(curator.patch(path, {})) == (404, "notFound")
        assert failure(curator.delete(path)) == (404, "notFound")
        assert failure(alice.post(f"{path}/clone", {"language": "en"})) == (404, "notFound")


def test_only_curators_write(alice: Person) -> None:
    refused = (403, "insufficientAccessLevel")
    assert failure(alice.post("/curated-sets", {"nameEn": "x"})) == refused
    assert failure(alice.patch("/curated-sets/1", {"nameEn": "x"})) == refused
    assert failure(alice.delete("/curated-sets/1")) == refused
