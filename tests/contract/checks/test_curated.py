"""Curated sets: who sees them, in which order, and which languages they have."""

from typing import Any

from tests.contract.checks.kinds import CURATED_SET, OPTION_PACK
from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment
from tests.service import wait_until

HEIGHTS: tuple[tuple[Any, int | None], ...] = ((171.6, 172), ("172", 172), ("180cm", 180), ("", None), (None, None))


def test_lists_are_in_the_order_of_numbers(there: Deployment) -> None:
    made, pack = CURATED_SET.make(there), OPTION_PACK.make(there)
    for name, member, record in (("curated_set", "curatedSets", made), ("option_pack", "optionPacks", pack)):
        # The new one is the last; the lists of a deployment may have several pages.
        whole = (CURATED_SET if name == "curated_set" else OPTION_PACK).listed(there)
        numbers = [one["id"] for one in whole]
        assert numbers == sorted(numbers) and record["id"] in numbers, f"{member} are not in the order of numbers"
        data = there.call(f"list_{name}s_json", query={"limit": 3}).json()
        alone = there.call(f"read_{name}_json", id=data[0]["id"]).json()
        assert data[0] == alone, f"the list of {member} as data differs from one as data"
    CURATED_SET.remove(there, made)
    OPTION_PACK.remove(there, pack)


def test_an_unpublished_set_is_for_curators_only(there: Deployment) -> None:
    made, public = CURATED_SET.make(there, published=False), CURATED_SET.make(there)
    assert public["published"] is True, "a new set is not published at once"
    for name in ("read_curated_set", "read_curated_set_json", "read_curated_set_yaml"):
        is_problem(there.call(name, id=made["id"]), 404, "notFound")
        is_problem(there.call(name, there.alice, id=made["id"]), 404, "notFound")
        assert there.call(name, there.curator, id=made["id"]).status_code == 200, "a curator does not see it"
    seen = [one["id"] for one in there.call("list_curated_sets", query={"limit": 1000}).json()["curatedSets"]]
    assert made["id"] not in seen, "an unpublished set is listed for anyone"
    assert made["id"] in [one["id"] for one in CURATED_SET.listed(there)], "it is not listed for curators"
    CURATED_SET.remove(there, made)
    CURATED_SET.remove(there, public)


def test_a_change_is_seen_within_a_second(there: Deployment) -> None:
    made = CURATED_SET.make(there)

    def notes() -> str:
        return str(there.call("read_curated_set", id=made["id"]).json()["curatedSet"]["notesEn"])

    assert notes() == ""
    there.call("update_curated_set", there.curator, id=made["id"], json={"notesEn": "changed"})
    # A second, and the time of some requests.
    wait_until(lambda: notes() == "changed", "a change of a curated set to be seen", seconds=3)
    CURATED_SET.remove(there, made)


def test_only_the_english_name_is_required(there: Deployment) -> None:
    made = there.call("create_curated_set", there.curator, json={"nameEn": "first"}).json()["curatedSet"]
    change = {"name": "contract", "notes": "in English"}
    changed = there.call("update_curated_set", there.curator, id=made["id"], json=change)
    record = changed.json()["curatedSet"]
    kept = [record[name] for name in ("nameEn", "notesEn", "nameDe", "name", "notes", "measies", "height")]
    wanted: list[Any] = ["contract", "in English", "", "contract", "in English", {}, None]
    assert kept == wanted, f"name and notes are not those in English: {kept}"
    CURATED_SET.remove(there, record)
    is_problem(there.call("create_curated_set", there.curator, json={"nameDe": "Vertrag"}), 400, "nameEnMissing")


def test_shared_tags_are_for_each_language_without_its_own(there: Deployment) -> None:
    made = CURATED_SET.make(there, tags=["shared"], tagsFr=["own"])
    kept = (made["tagsEn"], made["tagsUk"], made["tagsFr"], sorted(made["tags"]))
    CURATED_SET.remove(there, made)
    assert kept == (["shared"], ["shared"], ["own"], ["own", "shared"]), f"tags are kept as {kept}"


def test_a_height_is_a_number_or_text(there: Deployment) -> None:
    for height, wanted in HEIGHTS:
        made = CURATED_SET.make(there, height=height)
        CURATED_SET.remove(there, made)
        assert made["height"] == wanted, f"the height {height!r} is kept as {made['height']}"


def test_an_update_shows_the_set_twice_and_merges(there: Deployment) -> None:
    made = CURATED_SET.make(there, measies={"chest": 900, "waist": 700})
    change = {"measies": {"waist": None, "hips": 950}}
    body = there.call("update_curated_set", there.curator, id=made["id"], json=change).json()
    CURATED_SET.remove(there, made)
    assert body["set"] == body["curatedSet"], "an update does not show the set twice"
    assert body["set"]["measies"] == {"chest": 900, "hips": 950}, "measurements are not merged"
