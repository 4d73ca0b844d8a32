"""Measurements that are sent but not stored: the reply lists them, and nothing else depends on them."""

from typing import Any

import pytest

from core import document
from tests.handlers.curating import new_curated_set
from tests.handlers.test_imports import imported, v2_account
from tests.idempotent import assert_replayed, new_key, post
from tests.service import Person, Service

# One of each kind: the sent values, those that a new set stores, and those that the response lists as ignored.
SENT: dict[str, Any] = {
    "chest": "920",
    "waist": " 76.50 ",
    "seat": "1e3",
    "hips": True,
    "neck": "36,5",
    "head": [570],
    "knee": {"mm": 400},
    "wrist": 0,
    "ankle": "0",
    "heel": "",
    "inseam": -5,
    "biceps": 100_001,
    "underbust": "1e999",
    "upperLeg": None,
    "highBust": "__UNSET__",
    "wingspan": 1700,
    "shoe size": None,
}
STORED = {"chest": 920, "waist": 76.5, "seat": 1000}
IGNORED = {
    "hips": "notANumber",
    "neck": "notANumber",
    "head": "notANumber",
    "knee": "notANumber",
    "wrist": "notMeasured",
    "ankle": "notMeasured",
    "heel": "notMeasured",
    "inseam": "outOfRange",
    "biceps": "outOfRange",
    "underbust": "outOfRange",
    "wingspan": "unknown",
    "shoe size": "unknown",
}
# An update clears measurements of 0 or less.
IGNORED_OF_UPDATE = {name: reason for name, reason in IGNORED.items() if name not in ("wrist", "ankle", "inseam")}


def listed(reasons: dict[str, str]) -> list[dict[str, str]]:
    """As a reply lists them."""
    return [{"name": name, "reason": reason} for name, reason in reasons.items()]


@pytest.mark.parametrize(
    ("path", "name", "member"), [("/sets", "name", "set"), ("/curated-sets", "nameEn", "curatedSet")]
)
def test_a_new_set_stores_plain_numbers_and_the_reply_lists_the_rest(
    curator: Person, path: str, name: str, member: str
) -> None:
    reply = curator.post(path, {name: "x", "measies": SENT})
    assert reply.status_code == 201
    assert (reply.json()[member]["measies"], reply.json()["ignored"]) == (STORED, listed(IGNORED))
    assert curator.post(path, {name: "x"}).json()["ignored"] == []


def test_an_update_clears_measurements_up_to_zero_and_lists_the_rest(alice: Person) -> None:
    made = alice.new_set(measies=dict.fromkeys(("wrist", "ankle", "inseam", "upperLeg", "highBust", "hips"), 300))
    reply = alice.patch(f"/sets/{made['id']}", {"measies": SENT})
    assert reply.json()["set"]["measies"] == {"hips": 300, **STORED}
    assert reply.json()["ignored"] == listed(IGNORED_OF_UPDATE)
    assert alice.patch(f"/sets/{made['id']}", {"notes": "x"}).json()["ignored"] == []


def test_the_update_of_a_curated_set_lists_them_too(curator: Person) -> None:
    made = new_curated_set(curator, measies={"hips": 300, "inseam": 700})
    reply = curator.patch(f"/curated-sets/{made['id']}", {"measies": SENT}).json()
    assert (reply["set"]["measies"], reply["ignored"]) == ({"hips": 300, **STORED}, listed(IGNORED_OF_UPDATE))


@pytest.mark.parametrize("kind", ["sets", "curated-sets"])
def test_the_tag_of_an_update_is_that_of_the_set_without_them(curator: Person, kind: str) -> None:
    made = curator.new_set() if kind == "sets" else new_curated_set(curator)
    path = f"/{kind}/{made['id']}"
    reply = curator.patch(path, {"measies": {"wingspan": 1700}})
    assert reply.json()["ignored"]
    assert reply.headers["etag"] == curator.get(path).headers["etag"]
    assert "ignored" not in curator.get(path).json()


def test_a_repeated_request_lists_them_again(alice: Person) -> None:
    body, key = {"name": "x", "measies": SENT}, new_key()
    first = post(alice, "/sets", body, key)
    assert first.json()["ignored"] == listed(IGNORED)
    assert_replayed(first, post(alice, "/sets", body, key))


def test_the_list_is_bounded_however_much_is_sent(alice: Person) -> None:
    reply = alice.post(
        "/sets", {"name": "x", "measies": {f"{number:03}" + "\x01" * 9_000: 1 for number in range(200)}}
    )
    ignored = reply.json()["ignored"]
    assert [len(entry["name"]) for entry in ignored] == [100] * 200
    assert ignored[7]["name"] == "007" + "\x01" * 97
    assert len(reply.content) < 150_000
    reply = alice.post("/sets", {"name": "x", "measies": dict.fromkeys(map(str, range(201)), 1)})
    assert (reply.status_code, reply.json()["error"]) == (400, "validationFailed")


def test_an_import_uses_the_same_words_for_the_same_values(alice: Person) -> None:
    reply = alice.service.http.post(
        "/sets/import?format=json&store=true&name=x",
        content=b'{"chest":"920","hips":true,"wrist":0,"heel":"","inseam":-5,"biceps":100001,"wingspan":1700}',
        headers={"Authorization": alice.authorization, "Content-Type": "application/octet-stream"},
    )
    assert reply.json()["set"]["measies"] == {"chest": 920}
    dropped = {entry["source"]: entry["reason"] for entry in reply.json()["report"]["dropped"]}
    assert dropped == {name: IGNORED[name] for name in ("hips", "wrist", "heel", "inseam", "biceps", "wingspan")}


def test_every_reason_is_one_of_the_reasons_of_imports() -> None:
    schemas = document.load()["components"]["schemas"]
    assert set(IGNORED.values()) == set(schemas["IgnoredReason"]["enum"]) <= set(schemas["ImportReason"]["enum"])


def test_an_account_that_moves_in_lists_the_measurements_that_stay_behind(service: Service) -> None:
    people = {"a/b": {"name": "Me", "measurements": SENT}}
    answer = imported(service, v2_account(people=people))
    assert answer["accounts"][0]["sets"] == 1
    assert answer["skipped"] == [
        {"at": f"/list/0/people/a~1b/measurements/{name}", "reason": reason} for name, reason in IGNORED.items()
    ]
    many = {
        str(number): {"name": "Me", "measurements": dict.fromkeys(map(str, range(200)), 1)} for number in range(4)
    }
    assert len(imported(service, v2_account(people=many))["skipped"]) == 500
