"""Option packs, and suggestions for them."""

from typing import Any

from tests.contract.levels.case import Case, admin
from tests.service import Person

BODY = {"nameEn": "x", "design": "aaron"}


def _pack(owner: Person, _public: bool) -> dict[str, Any]:
    return {"id": admin(owner.service).post("/option-packs", BODY).json()["optionPack"]["id"]}


def _suggested(owner: Person, _public: bool) -> dict[str, Any]:
    reply = admin(owner.service).post("/option-packs/suggest", {"design": "aaron"})
    return {"id": reply.json()["submission"]["id"]}


CASES = {
    "create_option_pack": Case(body=BODY),
    "update_option_pack": Case(body={"nameEn": "x"}, record=_pack),
    "delete_option_pack": Case(record=_pack),
    "suggest_option_pack": Case(body={"design": "aaron"}),
    "list_suggested_packs": Case(),
    "delete_suggested_pack": Case(record=_suggested),
    "accept_suggested_pack": Case(record=_suggested),
}
