"""Moving in from version 2."""

from typing import Any

import bcrypt
import httpx2
import pytest

from tests.handlers.accounts import account_of, sign_in
from tests.handlers.reading import failure, new_address
from tests.matrix import both_engines
from tests.problems import unharmed
from tests.service import IMPORT_TOKEN, PASSWORD, Person, Service

HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
CONSENT = {"profile": True, "measurements": True, "openData": False}


def v2_account(**fields: Any) -> dict[str, Any]:
    """An account as version 2 exports it."""
    return {"email": new_address(), "password": HASH, "consent": CONSENT, **fields}


def imported(service: Service, *records: Any) -> dict[str, Any]:
    """The answer to an import of these accounts."""
    reply = service.http.post("/import/user", json={"import_token": IMPORT_TOKEN, "list": list(records)})
    assert reply.status_code == 200, reply.text
    answer: dict[str, Any] = reply.json()
    return answer


def migrate(service: Service, account: Any, password: str = PASSWORD) -> httpx2.Response:
    """Move one account in."""
    return service.http.post(
        "/migrate", json={"import_token": IMPORT_TOKEN, "password": password, "account": account}
    )


def signed_in(service: Service, email: str) -> Person:
    """Who signs in with the password that they had in version 2."""
    reply = sign_in(service, email)
    assert reply.status_code == 200, reply.text
    return Person(service, reply.json()["account"]["id"], email, reply.json()["token"])


def subscribe(service: Service, **languages: list[str]) -> dict[str, Any]:
    """The answer to an import of these addresses."""
    body = {"import_token": IMPORT_TOKEN, "list": languages}
    reply = service.http.post("/import/subscribers", json=body)
    assert reply.status_code == 200, reply.text
    answer: dict[str, Any] = reply.json()
    return answer


@both_engines
def test_an_account_moves_in_with_password_people_and_patterns(service: Service) -> None:
    record = v2_account(
        email=new_address().upper(),
        username="Alice from v2",
        handle="abcde",
        bio="I sew.",
        newsletter=True,
        settings={"language": "nl", "units": "imperial"},
        people={"fghij": {"name": "Me", "notes": "x", "units": "imperial", "measurements": {"chest": 920, "no": 1}}},
        patterns={
            "klmno": {
                "name": "A shirt",
                "person": "fghij",
                "data": {"design": "simon", "version": "2.5", "settings": {"sa": 10}},
            }
        },
    )
    answer = imported(service, record)
    ignored = {"at": "/list/0/people/fghij/measurements/no", "reason": "unknown"}
    assert (answer["imported"], answer["skipped"]) == (1, [ignored])
    taken = answer["accounts"][0]
    assert (taken["at"], taken["username"], taken["sets"], taken["patterns"]) == ("/list/0", "Alice from v2", 1, 1)
    alice = signed_in(service, record["email"].lower())
    account = account_of(alice)
    kept = {
        name: account[name] for name in ("bio", "newsletter", "language", "imperial", "consent", "status", "role")
    }
    assert kept == {
        "bio": "I sew.",
        "newsletter": True,
        "language": "nl",
        "imperial": True,
        "consent": 2,
        "status": 1,
        "role": "user",
    }
    assert account["data"] == {"v2handle": "abcde"}
    made = alice.get("/sets").json()["sets"][0]
    assert (made["name"], made["notes"], made["imperial"], made["public"]) == ("Me", "x", True, False)
    assert made["measies"] == {"chest": 920}


def test_a_repeated_import_changes_nothing(service: Service) -> None:
    record = v2_account(bio="first")
    imported(service, record)
    again = imported(service, {**record, "bio": "second"})
    assert (again["imported"], again["skipped"]) == (0, [{"at": "/list/0", "reason": "exists"}])
    assert account_of(signed_in(service, record["email"]))["bio"] == "first"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"email": "nobody"}, "email: string_pattern_mismatch"),
        ({"email": 5}, "email: string_type"),
        ({"email": None}, "email: string_type"),
        ({"password": "in the clear"}, "password: string_pattern_mismatch"),
        ({"password": "$2b$31$" + "a" * 53}, "password: string_pattern_mismatch"),
        ({"status": "dead"}, "status: unknown"),
        ({"bio": "\x00"}, "bio: string_pattern_mismatch"),
        ({"people": {str(number): {} for number in range(1001)}}, "people: too_long"),
    ],
)
def test_an_invalid_account_is_reported_and_the_others_are_imported(
    service: Service, fields: dict[str, Any], reason: str
) -> None:
    with unharmed(service):
        answer = imported(service, {**v2_account(), **fields}, v2_account())
    assert answer["imported"] == 1
    assert answer["skipped"] == [{"at": "/list/0", "reason": reason}]


def test_an_invalid_person_or_pattern_is_reported_and_the_rest_is_imported(service: Service) -> None:
    good = {"name": "Me", "measurements": {}}
    record = v2_account(
        people={"good": good, "ba/d~": {"name": ""}, "none": None},
        patterns={"good": {"data": {"design": "simon"}}, "bad": {"data": {}}, "worse": []},
    )
    answer = imported(service, record)
    assert (answer["accounts"][0]["sets"], answer["accounts"][0]["patterns"]) == (1, 1)
    assert [skipped["at"] for skipped in answer["skipped"]] == [
        "/list/0/people/ba~1d~0",
        "/list/0/people/none",
        "/list/0/patterns/bad",
        "/list/0/patterns/worse",
    ]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"sa": 10**40}, "data: a whole number of more than 64 bits"),
        ({"sa": "a" * 200_001}, "data: too_long"),
        ([], "data: dict_type"),
    ],
)
def test_a_pattern_that_cannot_be_stored_is_reported(service: Service, settings: Any, reason: str) -> None:
    pattern = {"data": {"design": "simon", "settings": settings}}
    with unharmed(service):
        answer = imported(service, v2_account(patterns={"abcde": pattern}))
    assert (answer["imported"], answer["accounts"][0]["patterns"]) == (1, 0)
    assert answer["skipped"] == [{"at": "/list/0/patterns/abcde", "reason": reason}]


@pytest.mark.parametrize(
    ("consent", "level"),
    [
        ({}, 0),
        ({"profile": True}, 1),
        ({"profile": True, "measurements": True, "openData": True}, 3),
        ({"profile": True, "openData": True}, 1),
        ({"measurements": True}, 0),
    ],
)
def test_no_consent_is_made_up(service: Service, consent: dict[str, bool], level: int) -> None:
    record = v2_account(consent=consent)
    imported(service, record)
    assert sign_in(service, record["email"]).json()["account"]["consent"] == level


def test_a_role_is_never_imported_and_a_blocked_account_stays_out(service: Service) -> None:
    boss, blocked = v2_account(role="admin"), v2_account(status="blocked")
    imported(service, boss, blocked)
    assert account_of(signed_in(service, boss["email"]))["role"] == "user"
    assert failure(sign_in(service, blocked["email"])) == (401, "signInFailed")


def test_a_taken_user_name_is_reported_and_stays_with_its_owner(service: Service) -> None:
    answer = imported(service, v2_account(username="Taken in v2"), v2_account(username="taken IN v2"))
    names = [account["username"] for account in answer["accounts"]]
    assert names == ["Taken in v2", f"user-{answer['accounts'][1]['id']}"]
    assert [skipped["at"] for skipped in answer["skipped"]] == ["/list/1/username"]


def test_one_account_moves_in_with_the_password_that_it_had(service: Service) -> None:
    record = v2_account()
    assert failure(migrate(service, record, "not the password")) == (401, "authenticationFailed")
    assert failure(sign_in(service, record["email"])) == (401, "signInFailed")
    reply = migrate(service, record)
    assert (reply.status_code, reply.json()["imported"]) == (200, 1)
    assert account_of(signed_in(service, record["email"]))["passwordType"] == "v3"
    assert migrate(service, record).json()["skipped"] == [{"at": "/account", "reason": "exists"}]


def test_without_a_hash_in_the_export_the_password_given_is_the_one(service: Service) -> None:
    record = {"email": new_address()}
    assert migrate(service, record).json()["imported"] == 1
    assert sign_in(service, record["email"]).status_code == 200


def test_subscribers_move_in_once_and_staff_see_them(service: Service, admin: Person) -> None:
    first, second = new_address(), new_address()
    answer = subscribe(service, en=[first.upper()], de=[second, "nobody", second], tlh=[new_address()])
    assert answer["imported"] == 2
    assert answer["skipped"] == [
        {"at": "/list/de/1", "reason": "emailInvalid"},
        {"at": "/list/de/2", "reason": "exists"},
        {"at": "/list/tlh/0", "reason": "unsupportedLanguage"},
    ]
    listed = admin.get("/admin/subscribers").json()["subscribers"]
    assert first in [subscriber["email"] for subscriber in listed["en"]]
    assert second in [subscriber["email"] for subscriber in listed["de"]]
    page = admin.get("/admin/subscribers?limit=1")
    assert sum(len(found) for found in page.json()["subscribers"].values()) == 1
    following = admin.get(page.links["next"]["url"]).json()["subscribers"]
    assert following != page.json()["subscribers"]


BODIES: dict[str, dict[str, Any]] = {
    "/import/subscribers": {"list": {}},
    "/import/user": {"list": []},
    "/migrate": {"password": "x", "account": {"email": "alice@example.org"}},
}


@pytest.mark.parametrize("path", BODIES)
def test_a_wrong_token_imports_nothing(service: Service, path: str) -> None:
    for token in ("wrong", IMPORT_TOKEN + "x", "ünïcode"):
        reply = service.http.post(path, json={"import_token": token, **BODIES[path]})
        assert failure(reply) == (401, "authenticationFailed")


@pytest.mark.parametrize("path", BODIES)
def test_imports_are_off_unless_the_operator_turns_them_on(strict: Service, path: str) -> None:
    for token in (IMPORT_TOKEN, "x"):
        reply = strict.http.post(path, json={"import_token": token, **BODIES[path]})
        assert failure(reply) == (400, "notEnabled")


def test_a_request_is_bounded(service: Service) -> None:
    for path, many in (("/import/user", [{}] * 101), ("/import/subscribers", {"en": ["a@b.org"] * 101})):
        reply = service.http.post(path, json={"import_token": IMPORT_TOKEN, "list": many})
        assert failure(reply) == (400, "validationFailed")
