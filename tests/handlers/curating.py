"""Curated sets and option packs, as curators make them."""

from typing import Any

from tests.service import Person


def new_curated_set(curator: Person, **fields: Any) -> dict[str, Any]:
    """A new curated set."""
    reply = curator.post("/curated-sets", {"nameEn": "a size", "measies": {"chest": 900}, **fields})
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()["curatedSet"]
    return made


def new_pack(curator: Person, **fields: Any) -> dict[str, Any]:
    """A new option pack."""
    body = {"nameEn": "a pack", "design": "aaron", "options": {"chestEase": 0.12}, **fields}
    reply = curator.post("/option-packs", body)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()["optionPack"]
    return made
