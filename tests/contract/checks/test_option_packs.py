"""Option packs: what they need, and how their options are kept."""

from tests.contract.checks.kinds import OPTION_PACK
from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment

OPTIONS = {"ease": 0.12, "hem": "rolled", "pockets": True, "nested": {"a": [1, None]}}


def test_options_are_kept_as_given_and_merged(there: Deployment) -> None:
    made = OPTION_PACK.make(there, options=OPTIONS)
    change = {"options": {"ease": None, "hem": "plain", "new": 1}}
    changed = there.call("update_option_pack", there.curator, id=made["id"], json=change).json()["optionPack"]
    OPTION_PACK.remove(there, made)
    assert made["options"] == OPTIONS, "options are not kept as given"
    wanted = {name: value for name, value in OPTIONS.items() if name != "ease"} | {"hem": "plain", "new": 1}
    assert changed["options"] == wanted, f"options are not merged name by name: {changed['options']}"
    too_much = {**OPTION_PACK.body, "options": {"a": "b" * 100_000}}
    is_problem(there.call("create_option_pack", there.curator, json=too_much), 400, "validationFailed")


def test_name_and_design_are_required(there: Deployment) -> None:
    for body, code in (({"nameEn": "contract"}, "designMissing"), ({"design": "aaron"}, "nameEnMissing")):
        is_problem(there.call("create_option_pack", there.curator, json=body), 400, code)


def test_packs_of_one_design_are_listed(there: Deployment) -> None:
    design = f"contract-{there.run}"
    made, other = OPTION_PACK.make(there, design=design), OPTION_PACK.make(there)
    for name in ("list_option_packs", "list_option_packs_json"):
        body = there.call(name, query={"design": design}).json()
        listed = [one["id"] for one in (body if isinstance(body, list) else body["optionPacks"])]
        assert listed == [made["id"]], f"{name} lists other packs than those of the design"
    for record in (made, other):
        OPTION_PACK.remove(there, record)


def test_a_pack_as_data_has_no_envelope(there: Deployment) -> None:
    made = OPTION_PACK.make(there, options=OPTIONS)
    data = there.call("read_option_pack_json", id=made["id"]).json()
    OPTION_PACK.remove(there, made)
    assert "result" not in data and data["options"] == OPTIONS, "a pack as data has an envelope"
