"""Option packs, from their creation to their removal."""

from typing import Any

import pytest
import yaml

from tests.handlers.curating import new_pack
from tests.handlers.reading import failure
from tests.handlers.test_sets import PIXEL
from tests.service import Person, Service

OPTIONS = {"a": 0.12, "b": [1, 1.0, None, "x", {"deep": {"er": True}}], "c": 2**63, "d": -(2**63), "é": "\0"}


def test_a_pack_is_stored_and_read_back_as_it_was_sent(service: Service, curator: Person) -> None:
    made = new_pack(curator, nameUk="Вільний", tagsEn=["a"], options=OPTIONS)
    assert made["options"] == OPTIONS
    assert type(made["options"]["b"][1]) is float
    assert (made["nameUk"], made["nameDe"], made["tagsEn"], made["tagsDe"]) == ("Вільний", "", ["a"], [])
    for pack_id in (made["id"], made["uuid"]):
        assert service.http.get(f"/option-packs/{pack_id}").json() == {"result": "success", "optionPack": made}
    one = service.http.get(f"/option-packs/{made['id']}.json").json()
    assert (one["type"], one["options"], one["design"]) == ("optionPack", OPTIONS, "aaron")
    assert yaml.safe_load(service.http.get(f"/option-packs/{made['id']}.yaml").text) == one


@pytest.mark.parametrize("options", [{"a": 2**64}, {"a": "x" * 100_001}, [], "x", None])
def test_options_that_cannot_be_kept_as_they_are_are_refused(curator: Person, options: Any) -> None:
    body = {"nameEn": "x", "design": "aaron", "options": options}
    assert failure(curator.post("/option-packs", body)) == (400, "validationFailed")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "nameEnMissing"),
        ({"design": "aaron"}, "nameEnMissing"),
        ({"nameEn": "x"}, "designMissing"),
        ({"nameEn": "x", "design": ""}, "designMissing"),
    ],
)
def test_a_pack_needs_an_english_name_and_a_design(curator: Person, body: dict[str, Any], code: str) -> None:
    assert failure(curator.post("/option-packs", body)) == (400, code)


def test_a_list_holds_all_packs_or_those_of_a_design(service: Service, curator: Person) -> None:
    made = [new_pack(curator, design=design) for design in ("only & here", "elsewhere", "only & here")]
    shown = service.http.get("/option-packs", params={"design": "only & here"}).json()["optionPacks"]
    assert shown == [made[0], made[2]]
    everything = service.http.get("/option-packs").json()["optionPacks"]
    assert [pack for pack in everything if pack in made] == made
    data = service.http.get("/option-packs.json", params={"design": "elsewhere"}).json()
    assert data == [service.http.get(f"/option-packs/{made[1]['id']}.json").json()]
    reply = service.http.get("/option-packs.yaml", params={"design": "elsewhere"})
    assert (reply.headers["content-type"], yaml.safe_load(reply.text)) == ("text/yaml; charset=utf-8", data)
    first = service.http.get("/option-packs", params={"design": "only & here", "limit": 1})
    assert service.http.get(first.links["next"]["url"]).json()["optionPacks"] == [made[2]]


def test_an_update_merges_options_and_texts(service: Service, curator: Person) -> None:
    made = new_pack(curator, notesEn="n", options={"a": 1, "c": {"min": 3}})
    path = f"/option-packs/{made['id']}"
    sent = {"nameNl": "Ruim", "options": {"b": 2, "c": None}, "design": "brian"}
    changed = curator.patch(path, sent).json()["optionPack"]
    assert changed == {**made, **sent, "options": {"a": 1, "b": 2}, "updatedAt": changed["updatedAt"]}
    assert service.http.get(path).json()["optionPack"] == changed


def test_merged_options_stay_within_their_limits(curator: Person) -> None:
    path = f"/option-packs/{new_pack(curator, options={'a': 'x' * 60_000})['id']}"
    for options in ({"b": "x" * 60_000}, {f"{number}": 1 for number in range(500)}):
        assert failure(curator.patch(path, {"options": options})) == (400, "validationFailed")


def test_tags_are_those_of_each_language_that_has_none_of_its_own(curator: Person) -> None:
    made = new_pack(curator, tags=["wide", "new"], tagsDe=["weit"])
    assert (made["tagsEn"], made["tagsUk"], made["tagsDe"]) == (["wide", "new"], ["wide", "new"], ["weit"])
    assert made["tags"] == ["wide", "new", "weit"]
    changed = curator.patch(f"/option-packs/{made['id']}", {"tags": []}).json()["optionPack"]
    assert changed["tags"] == changed["tagsDe"] == []


def test_two_editors_cannot_overwrite_each_other(service: Service, curator: Person) -> None:
    path = f"/option-packs/{new_pack(curator)['id']}"
    stale = {"Authorization": curator.authorization, "If-Match": service.http.get(path).headers["etag"]}
    changed = service.http.patch(path, json={"nameEn": "y"}, headers=stale)
    assert changed.headers["etag"] == service.http.get(path).headers["etag"]
    assert failure(service.http.patch(path, json={"nameEn": "z"}, headers=stale)) == (412, "preconditionFailed")
    assert failure(service.http.delete(path, headers=stale)) == (412, "preconditionFailed")


def test_a_pack_is_removed_with_its_image(service: Service, curator: Person) -> None:
    made = new_pack(curator, img=PIXEL)
    changed = curator.patch(f"/option-packs/{made['id']}", {"img": PIXEL}).json()["optionPack"]
    assert service.http.get(f"/images/{made['img']}").status_code == 404
    assert curator.delete(f"/option-packs/{made['id']}").status_code == 204
    assert service.http.get(f"/images/{changed['img']}").status_code == 404
    for form in ("", ".json", ".yaml"):
        assert failure(service.http.get(f"/option-packs/{made['id']}{form}")) == (404, "notFound")


def test_only_curators_write(curator: Person, alice: Person) -> None:
    made = new_pack(curator)
    refused = (403, "insufficientAccessLevel")
    assert failure(alice.post("/option-packs", {"nameEn": "x", "design": "x"})) == refused
    assert failure(alice.patch(f"/option-packs/{made['id']}", {})) == refused
    assert failure(alice.delete(f"/option-packs/{made['id']}")) == refused
