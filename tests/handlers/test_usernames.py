"""Which user names can be taken, and that every operation compares names in the same way."""

# ruff: noqa: RUF001

from uuid import uuid4

import pytest

from handlers.support.usernames import is_acceptable
from tests.handlers.accounts import account_of, patched, sign_in
from tests.matrix import both_engines
from tests.service import PASSWORD, Person, Service

ACCEPTABLE = {
    "in one script": ["ab", "Zoë", "Łukasz", "Nguyễn Văn", "Ağaç ışık", "Анна", "Αλίκη", "नीरज12", "محمد", "ไทยก็ได้"],
    "in scripts that one language mixes": ["山田たろう", "李小明 Li", "Kim민수"],
    "with signs of any script": ["xX_Sew_Xx", "d'Arc", "<b>x<br>", "50% wool", "sew 🧵"],
    "near a reserved word": ["adminton", "Rooted", "supporter", "team red", "user-9x", "userland"],
    "the first name of the account": ["user-12", "USER-12"],
}
NOT_ACCEPTABLE = {
    "reserved": ["admin", "Administrator", "SUPPORT", "FreeSewing", "null"],
    "reserved, with something added": ["ad.min", "admin1", "admins", "_root_", "Support Team", "freesewing-support"],
    "reserved, in letters that look alike": ["r00t", "adm1n", "heIp", "ádmin", "adm\u0131n", "ａｄｍｉｎ", "ѕуѕор"],
    "the first name of another": ["user-13", "user-１３", "user-①③", "user-❶❸", "user_13", "user\u201313", "user-l3"],
    "digits of another script": ["user-\u0661\u0663", "user-\u0967\u0969", "anna\u0661", "\u0661\u0662", "１２"],
    "mixed scripts": ["аlice", "αlice", "Alicе", "us\u0435r-13", "paypаl"],
    "scripts out of use, and phonetic signs": ["ꓮꓡꓲꓚꓰ", "𐐀𐐁𐐂", "ⲁⲃ", "ɑlice"],
    "invisible": ["ali\u200bce", "ali\u00adce", "ali\u3164ce", "alice\ufe0f", "a\u034fb", "a\u202eb", "\u2800\u2800"],
    "stray marks": ["\u0301ab", "a" + "\u0301" * 6],
    "other identifiers, by compatibility forms": ["a＠b", "a／b", "…", "５b0a6a0e3f0b4b529d3c6a8d5d0c1b2e"],
    "too long for the column": ["\ufdfa" * 12],
}


@pytest.mark.parametrize("why", ACCEPTABLE)
def test_a_name_is_acceptable(why: str) -> None:
    assert [name for name in ACCEPTABLE[why] if not is_acceptable(name, user_id=12)] == []


@pytest.mark.parametrize("why", NOT_ACCEPTABLE)
def test_a_name_is_not_acceptable(why: str) -> None:
    assert [name for name in NOT_ACCEPTABLE[why] if is_acceptable(name, user_id=12)] == []


def test_a_name_that_is_not_acceptable_is_not_available_and_changes_nothing(alice: Person) -> None:
    for name in ("Adm1n", "user-９９９９９９９", "аlice"):
        assert alice.post("/available/username", {"username": name}).json()["available"] is False
        changed = patched(alice, {"username": name, "bio": f"after {name}"})
        assert (changed["username"], changed["bio"]) == (f"user-{alice.id}", f"after {name}")


@pytest.fixture
def strasse(alice: Person) -> str:
    """A part that no other name has, of the user name `<part> Straße` that alice has."""
    part = f"q{uuid4().hex[:11]}"
    assert patched(alice, {"username": f"{part} Straße", "password": PASSWORD})["lusername"] == f"{part} strasse"
    return part


@both_engines
def test_every_operation_compares_names_in_the_same_way(
    service: Service, alice: Person, bob: Person, admin: Person, strasse: str
) -> None:
    for name in (f"{strasse} STRASSE", f"{strasse} ｓｔｒａße".upper(), f"{strasse} straße"):
        assert sign_in(service, name).status_code == 200
        assert service.http.get(f"/users/{name}").json()["profile"]["id"] == alice.id
        assert service.http.post("/find/users", json={"match": name[:-1]}).json()["profiles"][0]["id"] == alice.id
        hits = admin.post("/admin/search/users", {"q": name[1:]}).json()["users"]["username"]
        assert [hit["id"] for hit in hits] == [alice.id]
        assert admin.get(f"/admin/user/{name}").json()["user"]["id"] == alice.id
        assert bob.post("/available/username", {"username": name}).json()["available"] is False
        assert patched(bob, {"username": name})["username"] == f"user-{bob.id}"


def test_an_owner_can_write_their_name_in_another_form(alice: Person, strasse: str) -> None:
    assert patched(alice, {"username": f"{strasse} STRASSE"})["username"] == f"{strasse} STRASSE"
    assert account_of(alice)["lusername"] == f"{strasse} strasse"
