"""Patterns, from their creation to their removal."""

from typing import Any

import pytest
import yaml

from tests.handlers.reading import failure
from tests.handlers.test_sets import PIXEL
from tests.service import Person, Service

NESTED: Any = 1.25
for _ in range(30):
    NESTED = [NESTED]
FREE = [
    {"measurements": {"chest": 920, "neck": 380.5, "unheardOf": -1}, "options": {"a": 0.1, "b": True, "c": None}},
    {"z": 1, "a": 2, "": {"": []}, "m": {}},
    {"text": "Ünïcødé 🧵 \0 \x7f\u2028\ufffe", "\0": "NUL in a name", "long": "x" * 100_000},
    {"number": [0.1, -0.0, 1e300, 5e-324, 1.0, 2**53 + 1, 2**64 - 1, -(2**63), 1e22]},
    {"nested": NESTED},
    {"looks": ["2026-01-01", "yes", "null", "1e3", "=", "<<", "0o7", "12:30:00", "~", "- a", "a: b", " ", "\n"]},
]


@pytest.mark.parametrize("free", FREE, ids=lambda value: next(iter(value)))
def test_settings_and_data_come_back_as_they_were_sent(service: Service, alice: Person, free: Any) -> None:
    made = alice.new_pattern(settings=free, data=free, public=True)
    changed = alice.patch(f"/patterns/{made['id']}", {"settings": free, "data": free}).json()["pattern"]
    read = alice.get(f"/patterns/{made['uuid']}").json()["pattern"]
    listed = alice.get("/patterns").json()["patterns"][0]
    shown = service.http.get(f"/patterns/{made['id']}.json").json()
    as_yaml = yaml.safe_load(service.http.get(f"/patterns/{made['id']}.yaml").text)
    for found in (made, changed, read, listed, shown, as_yaml):
        # repr tells 1 from 1.0 and from True, -0.0 from 0.0, and one order of names from another.
        assert (repr(found["settings"]), repr(found["data"])) == (repr(free), repr(free))


@pytest.mark.parametrize(
    "free", [{"big": 2**64}, {"deep": [{"big": -(2**63) - 1}]}, {"long": "x" * 200_000}], ids=["big", "deep", "long"]
)
@pytest.mark.parametrize("field", ["settings", "data"])
def test_what_cannot_be_kept_exactly_or_is_too_large_is_refused(alice: Person, field: str, free: Any) -> None:
    made = alice.new_pattern()
    for reply in (
        alice.post("/patterns", {"design": "aaron", "settings": {}, field: free}),
        alice.patch(f"/patterns/{made['id']}", {field: free}),
    ):
        assert failure(reply) == (400, "validationFailed")
    assert alice.get("/patterns").json()["patterns"] == [made]


def test_missing_members_get_their_defaults(alice: Person) -> None:
    made = alice.post("/patterns", {"design": "aaron", "settings": {}}).json()["pattern"]
    assert [made[name] for name in ("name", "notes", "public", "data", "img")] == [
        "--",
        "--",
        False,
        {},
        "default-avatar",
    ]
    assert [made[name] for name in ("set", "cset", "setId", "csetId")] == [None] * 4


def test_a_pattern_says_whose_it_is_in_both_ways(alice: Person) -> None:
    account = alice.get("/account").json()["account"]
    made = alice.new_pattern()
    for found in (made, *alice.get("/patterns").json()["patterns"]):
        assert (found["userId"], found["userUuid"]) == (alice.id, account["uuid"])


def test_an_update_changes_only_sent_members_and_never_the_design_or_the_sets(alice: Person) -> None:
    one, other = alice.new_set(), alice.new_set()
    made = alice.new_pattern(name="before", notes="some", set=one["id"], data={"a": 1})
    change = {"notes": "", "design": "bella", "set": other["id"], "cset": 1, "id": 1, "userId": 1, "test": True}
    changed = alice.patch(f"/patterns/{made['id']}", change).json()["pattern"]
    assert changed == {**made, "notes": "", "updatedAt": changed["updatedAt"]}
    changed = alice.patch(f"/patterns/{made['id']}", {"settings": {"b": 2}}).json()["pattern"]
    assert (changed["settings"], changed["data"]) == ({"b": 2}, {"a": 1})


def test_an_answer_to_an_update_is_known_by_the_tag_that_reading_gives(alice: Person) -> None:
    path = f"/patterns/{alice.new_pattern(set=alice.new_set()['id'])['id']}"
    tag = alice.patch(path, {"name": "x"}).headers["etag"]
    assert alice.get(path).headers["etag"] == tag
    headers = {"Authorization": alice.authorization, "If-None-Match": tag}
    assert alice.service.http.get(path, headers=headers).status_code == 304


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_pattern_is_not_overwritten_with_an_old_tag(alice: Person, method: str) -> None:
    path = f"/patterns/{alice.new_pattern(set=alice.new_set()['id'])['id']}"
    seen = alice.get(path).headers["etag"]
    assert alice.patch(path, {"name": "meanwhile"}).status_code == 200
    body: dict[str, Any] = {"json": {"name": "mine"}} if method == "PATCH" else {}
    headers = {"Authorization": alice.authorization, "If-Match": seen}
    assert failure(alice.service.http.request(method, path, headers=headers, **body)) == (412, "preconditionFailed")
    headers["If-Match"] = alice.get(path).headers["etag"]
    assert alice.service.http.request(method, path, headers=headers, **body).status_code in (200, 204)


def test_a_deleted_pattern_is_gone_and_its_set_stays(alice: Person) -> None:
    drafted_from = alice.new_set()
    path = f"/patterns/{alice.new_pattern(set=drafted_from['id'])['id']}"
    assert alice.delete(path).status_code == 204
    assert [failure(reply) for reply in (alice.get(path), alice.delete(path))] == [(404, "notFound")] * 2
    assert alice.get(f"/sets/{drafted_from['id']}").status_code == 200


def test_a_private_pattern_of_another_cannot_be_read_written_or_cloned(alice: Person, bob: Person) -> None:
    path = f"/patterns/{alice.new_pattern()['id']}"
    for reply in (bob.get(path), bob.patch(path, {"name": "x"}), bob.delete(path), bob.post(f"{path}/clone")):
        assert failure(reply) == (403, "insufficientAccessLevel")
    assert alice.get(path).status_code == 200


def test_a_clone_belongs_to_the_caller_and_names_its_origin(service: Service, alice: Person, bob: Person) -> None:
    settings = {"measurements": {"chest": 900}, "sa": 10}
    original = alice.new_pattern(name="A", notes="n", public=True, settings=settings, data={"x": 1}, img=PIXEL)
    reply = bob.post(f"/patterns/{original['uuid']}/clone")
    assert (reply.status_code, reply.json()["result"]) == (200, "success")
    clone = reply.json()["pattern"]
    assert bob.get(f"/patterns/{clone['id']}").json()["pattern"] == clone
    assert clone["name"] == f"A (cloned from #{original['id']})"
    assert str(original["id"]) in clone["notes"]
    assert (clone["userId"], clone["public"], clone["design"]) == (bob.id, False, "aaron")
    assert (clone["settings"], clone["data"]) == (settings, {"x": 1})
    assert clone["img"] != original["img"]
    alice.delete(f"/patterns/{original['id']}")
    assert service.http.get(f"/images/{original['img']}").status_code == 404
    assert service.http.get(f"/images/{clone['img']}").status_code == 200


def test_a_clone_that_is_asked_for_again_with_its_key_is_made_once(alice: Person) -> None:
    path = f"/patterns/{alice.new_pattern()['id']}/clone"
    headers = {"Authorization": alice.authorization, "Idempotency-Key": "clone-me-once"}
    first, again = (alice.service.http.post(path, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code, first.json()) == (200, 200, again.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert len(alice.get("/patterns").json()["patterns"]) == 2


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_public_pattern_is_data_for_everyone_and_a_private_one_for_its_owner(
    service: Service, alice: Person, bob: Person, form: str
) -> None:
    made = alice.new_pattern(name="Öffentlich", public=True)
    reply = service.http.get(f"/patterns/{made['uuid']}.{form}")
    shown = yaml.safe_load(reply.text)
    assert shown == {"result": "success", "provider": "FreeSewing.org", "type": "pattern", **made}
    assert reply.headers["cache-control"] == "public, no-cache"
    alice.patch(f"/patterns/{made['id']}", {"public": False})
    for pattern_id in (made["id"], made["uuid"], 999_999):
        assert failure(service.http.get(f"/patterns/{pattern_id}.{form}")) == (404, "notFound")
    assert failure(bob.get(f"/patterns/{made['id']}.{form}")) == (404, "notFound")
    own = alice.get(f"/patterns/{made['id']}.{form}")
    assert (own.status_code, own.headers["cache-control"]) == (200, "private, no-cache")


def test_a_new_image_replaces_the_old_one(service: Service, alice: Person) -> None:
    made = alice.new_pattern(img=PIXEL)
    changed = alice.patch(f"/patterns/{made['id']}", {"img": PIXEL}).json()["pattern"]
    assert service.http.get(f"/images/{made['img']}").status_code == 404
    assert service.http.get(f"/images/{changed['img']}").status_code == 200
    assert alice.patch(f"/patterns/{made['id']}", {"img": ""}).json()["pattern"]["img"] == "default-avatar"


def test_patterns_are_listed_in_pages(alice: Person) -> None:
    made = [alice.new_pattern(name=str(number)) for number in range(3)]
    reply = alice.get("/patterns?limit=2")
    assert reply.json()["patterns"] == made[:2]
    reply = alice.get(reply.links["next"]["url"])
    assert (reply.json()["patterns"], "next" in reply.links) == (made[2:], False)


def test_the_image_of_a_rejected_pattern_is_removed(service: Service, alice: Person) -> None:
    images = service.data / "images"
    before = sorted(images.rglob("*"))
    reply = alice.post("/patterns", {"design": "aaron", "settings": {}, "set": 999_999, "img": PIXEL})
    assert failure(reply) == (400, "setUnknown")
    assert sorted(images.rglob("*")) == before
