"""What users suggest to the curators, until it is accepted, refused, or gone with its account."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.handlers.reading import failure
from tests.handlers.test_sets import PIXEL
from tests.matrix import both_engines
from tests.service import Person, Service

GONE = (404, "notFound")


def _waiting(curator: Person, kind: str = "sets") -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = curator.get(f"/suggested-{kind}").json()["suggestions"]
    return listed


@pytest.mark.parametrize("by", ["id", "uuid"])
def test_a_suggested_set_is_a_copy_that_curators_see(curator: Person, alice: Person, by: str) -> None:
    own = alice.new_set(measies={"chest": 930})
    body = {"set": own[by], "height": "172", "img": PIXEL, "name": "", "notes": ""}
    reply = alice.post("/curated-sets/suggest", body)
    assert reply.status_code == 201
    made = reply.json()["submission"]
    assert made["type"] == "cset"
    assert made["uuid"] == made["id"]
    assert (made["height"], made["name"], made["notes"], made["userId"]) == (172, "", "", alice.id)
    alice.patch(f"/sets/{own['id']}", {"measies": {"chest": 1}})
    alice.delete(f"/sets/{own['id']}")
    assert made["measies"] == {"chest": 930}
    assert made in _waiting(curator)


def test_a_sets_number_may_be_text(alice: Person) -> None:
    assert alice.new_suggestion(set=str(alice.new_set()["id"]))["measies"] == {"chest": 900}


def test_only_a_set_of_ones_own_can_be_suggested(alice: Person, bob: Person, admin: Person) -> None:
    theirs = bob.new_set(public=True)
    unknowns: tuple[Any, ...] = (theirs["id"], theirs["uuid"], 999_999, "x", "", None, 1.5, [], 0)
    for unknown in unknowns:
        reply = alice.post("/curated-sets/suggest", {"set": unknown, "img": PIXEL})
        assert failure(reply) == (400, "setUnknown")
    assert failure(admin.post("/curated-sets/suggest", {"set": theirs["id"]})) == (400, "setUnknown")
    assert failure(alice.post("/curated-sets/suggest", {"name": "x"})) == (400, "setUnknown")
    assert failure(alice.post("/curated-sets/suggest", {})) == (400, "postBodyMissing")


def test_an_accepted_suggestion_becomes_an_unpublished_set_with_its_image(
    service: Service, curator: Person, alice: Person
) -> None:
    suggested = alice.new_suggestion(img=PIXEL, name="Tall", notes="n", height=190)
    reply = curator.post(f"/curated-sets/from/{suggested['id']}")
    assert reply.status_code == 201
    made = reply.json()["curatedSet"]
    assert (made["nameEn"], made["notesEn"], made["height"], made["published"]) == ("Tall", "n", 190, False)
    assert (made["measies"], made["img"]) == (suggested["measies"], suggested["img"])
    assert suggested["id"] not in [waiting["id"] for waiting in _waiting(curator)]
    assert failure(curator.post(f"/curated-sets/from/{suggested['id']}")) == GONE
    assert failure(service.http.get(f"/curated-sets/{made['id']}")) == GONE
    alice.delete("/account")
    curator.patch(f"/curated-sets/{made['id']}", {"published": True})
    assert service.http.get(f"/curated-sets/{made['id']}").json()["curatedSet"]["nameEn"] == "Tall"
    assert service.http.get(f"/images/{made['img']}").status_code == 200


def test_a_nameless_suggestion_becomes_untitled(curator: Person, alice: Person) -> None:
    made = curator.post(f"/curated-sets/from/{alice.new_suggestion()['id']}").json()["curatedSet"]
    assert made["nameEn"] == "Untitled"


@both_engines
def test_accepting_twice_at_the_same_time_makes_one_set(curator: Person, alice: Person) -> None:
    path = f"/curated-sets/from/{alice.new_suggestion(name='once')['id']}"
    with ThreadPoolExecutor(6) as pool:
        replies = list(
            pool.map(
                lambda _: curator.service.http.post(path, headers={"Authorization": curator.authorization}), range(6)
            )
        )
    assert sorted(reply.status_code for reply in replies) == [201, *[404] * 5]


def test_a_rejected_suggestion_is_removed_with_its_image(service: Service, curator: Person, alice: Person) -> None:
    suggested = alice.new_suggestion(img=PIXEL)
    assert curator.delete(f"/suggested-sets/{suggested['uuid']}").status_code == 204
    assert service.http.get(f"/images/{suggested['img']}").status_code == 404
    for unknown in (suggested["id"], 1, "x"):
        assert failure(curator.delete(f"/suggested-sets/{unknown}")) == GONE


def test_only_curators_see_suggestions(service: Service, alice: Person, bob: Person) -> None:
    suggested = alice.new_suggestion(name="very private")
    for path in ("/curated-sets", "/curated-sets.json", "/curated-sets.yaml"):
        assert "very private" not in service.http.get(path).text
    refused = (403, "insufficientAccessLevel")
    for person in (alice, bob):
        assert failure(person.get("/suggested-sets")) == refused
        assert failure(person.delete(f"/suggested-sets/{suggested['id']}")) == refused
        assert failure(person.post(f"/curated-sets/from/{suggested['id']}")) == refused


def test_the_list_is_walked_in_pages(curator: Person, alice: Person) -> None:
    made = [alice.new_suggestion()["id"] for _ in range(3)]
    walked: list[str] = []
    url: str | None = "/suggested-sets?limit=2"
    while url:
        reply = curator.get(url)
        walked += [waiting["id"] for waiting in reply.json()["suggestions"]]
        url = reply.links["next"]["url"] if "next" in reply.links else None
    assert walked[-3:] == made
    assert len(walked) == len(set(walked))


def test_an_accepted_pack_keeps_its_image_when_its_account_goes(
    service: Service, curator: Person, alice: Person
) -> None:
    body = {"design": "aaron", "options": {"a": 1}, "name": "Loose", "notes": "n", "img": PIXEL}
    suggested = alice.post("/option-packs/suggest", body).json()["submission"]
    path = f"/option-packs/from/{suggested['id']}"
    assert failure(alice.post(path)) == (403, "insufficientAccessLevel")
    reply = curator.post(path)
    assert reply.status_code == 201
    made = reply.json()["optionPack"]
    assert (made["nameEn"], made["notesEn"], made["design"], made["options"]) == ("Loose", "n", "aaron", {"a": 1})
    assert suggested["id"] not in [waiting["id"] for waiting in _waiting(curator, "packs")]
    assert failure(curator.post(path)) == failure(curator.post(f"/option-packs/from/{uuid4()}")) == GONE
    alice.delete("/account")
    assert service.http.get(f"/option-packs/{made['id']}").json()["optionPack"]["img"] == suggested["img"]
    assert service.http.get(f"/images/{suggested['img']}").status_code == 200


def test_a_suggested_pack_waits_and_can_be_refused(curator: Person, alice: Person) -> None:
    body = {"design": "aaron", "options": {"a": [1.0, None, {}]}, "name": "Loose", "notes": "n"}
    made = alice.post("/option-packs/suggest", body).json()["submission"]
    assert made["type"] == "opack"
    assert made in _waiting(curator, "packs")
    assert made["id"] not in [waiting["id"] for waiting in _waiting(curator)]
    assert {name: made[name] for name in body} == body
    assert failure(curator.delete(f"/suggested-sets/{made['id']}")) == GONE
    assert failure(curator.post(f"/curated-sets/from/{made['id']}")) == GONE
    assert curator.delete(f"/suggested-packs/{made['id']}").status_code == 204
    assert failure(alice.post("/option-packs/suggest", {"options": {}})) == (400, "designMissing")
    assert failure(alice.post("/option-packs/suggest", {})) == (400, "postBodyMissing")


def test_suggestions_are_exported_and_removed_with_the_account_and_their_images(
    service: Service, curator: Person, alice: Person
) -> None:
    suggested = alice.new_suggestion(img=PIXEL, name="mine")
    pack = alice.post("/option-packs/suggest", {"design": "aaron", "img": PIXEL}).json()["submission"]
    export = service.http.get(alice.get("/account/export").json()["data"]).json()
    assert export["suggestedSets"] == [suggested]
    assert export["suggestedPacks"] == [pack]
    alice.delete("/account")
    assert suggested["id"] not in [waiting["id"] for waiting in _waiting(curator)]
    assert pack["id"] not in [waiting["id"] for waiting in _waiting(curator, "packs")]
    for made in (suggested, pack):
        assert service.http.get(f"/images/{made['img']}").status_code == 404
