"""Option packs, and suggestions for them."""

from typing import Any

from tests.contract.fuzzing import common, made


def _pack(case: Any) -> None:
    body = {"nameEn": "fuzzed", "design": "aaron"}
    case.path_parameters = {"id": common("/option-packs", body, "optionPack", "optionPacks")}


def _suggested(case: Any) -> None:
    case.path_parameters = {"id": made("/option-packs/suggest", {"design": "aaron"})["submission"]["id"]}


REAL = {
    **dict.fromkeys(
        (
            "read_option_pack",
            "read_option_pack_json",
            "read_option_pack_yaml",
            "update_option_pack",
            "delete_option_pack",
        ),
        _pack,
    ),
    "delete_suggested_pack": _suggested,
    "accept_suggested_pack": _suggested,
}
