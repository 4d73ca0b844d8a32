"""Administration over HTTP: who is found, what can be changed, and that all of it is kept."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert

from core import clock
from storage import accounts
from storage.schema.tables import subscribers
from tests.handlers.accounts import account_of, new_name, patched, sign_in
from tests.handlers.database import change_account, execute, password_hash
from tests.handlers.guarded import Guarded
from tests.handlers.reading import failure
from tests.handlers.test_lists import walk
from tests.matrix import both_engines
from tests.service import Person, Service


def search(staff: Person, q: str) -> dict[str, list[int]]:
    """The numbers of the accounts found, by what they were found by."""
    reply = staff.post("/admin/search/users", {"q": q})
    assert reply.status_code == 200, reply.text
    return {by: [account["id"] for account in found] for by, found in reply.json()["users"].items()}


def update(staff: Person, user: Any, **changes: Any) -> dict[str, Any]:
    """The account after staff changed it."""
    reply = staff.patch(f"/admin/user/{user}", changes)
    assert reply.status_code == 200, reply.text
    changed: dict[str, Any] = reply.json()["user"]
    return changed


def acts(admin: Person, **chosen: Any) -> list[dict[str, Any]]:
    """The newest acts."""
    reply = admin.request("GET", "/admin/acts", params=chosen)
    assert reply.status_code == 200, reply.text
    listed: list[dict[str, Any]] = reply.json()["acts"]
    return listed


@both_engines
def test_an_account_is_found_by_every_name_that_it_has(admin: Person, alice: Person) -> None:
    account = patched(alice, {"username": new_name()})
    nothing: dict[str, list[int]] = {by: [] for by in ("email", "ehash", "ihash", "username", "uuid", "id")}
    own = [alice.id]
    by_address = {**nothing, "email": own, "ehash": own, "ihash": own}
    assert search(admin, alice.email.upper()) == search(admin, account["ehash"]) == by_address
    assert search(admin, account["username"][2:].upper()) == {**nothing, "username": own}
    assert search(admin, account["uuid"]) == {**nothing, "uuid": own}
    assert search(admin, str(alice.id))["id"] == own
    assert search(admin, f"no {uuid4()}") == nothing


def test_staff_never_see_a_secret(service: Service, guarded: Guarded, admin: Person) -> None:
    person = guarded.person
    found = admin.post("/admin/search/users", {"q": person.email})
    loaded = admin.get(f"/admin/user/{person.id}")
    for reply in (found, loaded):
        assert guarded.totp.secret not in reply.text
        assert password_hash(service, person.id) not in reply.text
    assert loaded.json()["user"]["mfaEnabled"] is True


def test_support_finds_and_loads_but_changes_nothing(service: Service, alice: Person) -> None:
    support = service.sign_up("support")
    assert search(support, alice.email)["email"] == [alice.id]
    uuid = account_of(alice)["uuid"]
    assert support.get(f"/admin/user/{uuid}").json()["user"]["email"] == alice.email
    for reply in (support.patch(f"/admin/user/{alice.id}", {}), support.get(f"/admin/impersonate/{alice.id}")):
        assert failure(reply) == (403, "insufficientAccessLevel")


def test_support_loads_an_account_with_its_patterns_and_sets(service: Service, alice: Person) -> None:
    support = service.sign_up("support")
    path = f"/admin/user/{alice.id}"
    assert [support.get(path).json()[name] for name in ("patterns", "sets")] == [[], []]
    tag = support.get(path).headers["etag"]
    made = [alice.new_set(measies={"chest": 900 + number}) for number in range(3)]
    pattern = alice.new_pattern(set=made[0]["id"])
    reply = support.get(path)
    assert reply.json()["sets"] == made
    assert reply.json()["patterns"] == [pattern]
    assert reply.json()["user"]["id"] == alice.id
    assert reply.headers["etag"] == tag and tag.startswith("W/")
    # It is no validator of the whole reply.
    again = support.request("GET", path, headers={"If-None-Match": tag})
    assert again.status_code == 200
    assert support.request("HEAD", path).content == b""


def test_a_role_and_a_status_act_at_once(service: Service, admin: Person) -> None:
    curator = service.sign_up("curator")
    key = curator.new_key(5)
    assert update(admin, curator.id, role="user")["role"] == "user"
    assert failure(key.get("/whoami")) == (401, "keyRevoked")
    assert update(admin, curator.id, status=accounts.DISABLED)["status"] == accounts.DISABLED
    assert failure(curator.get("/whoami")) == (401, "unauthorized")
    update(admin, curator.id, status=accounts.ACTIVE)
    assert failure(curator.get("/whoami")) == (401, "unauthorized")


def test_the_second_factor_can_be_turned_off_for_who_lost_it_and_only_off(admin: Person, guarded: Guarded) -> None:
    person = guarded.person
    assert failure(admin.patch(f"/admin/user/{person.id}", {"mfaEnabled": True})) == (400, "validationFailed")
    assert update(admin, person.id, mfaEnabled=False)["mfaEnabled"] is False
    assert sign_in(person.service, person.email).status_code == 200


def test_consent_can_be_confirmed_and_taken_back_but_not_given(admin: Person, alice: Person) -> None:
    key = alice.new_key(1)
    assert update(admin, alice.id, consent=2)["consent"] == 2
    assert failure(admin.patch(f"/admin/user/{alice.id}", {"consent": 3})) == (403, "insufficientAccessLevel")
    assert update(admin, alice.id, consent=0)["consent"] == 0
    assert failure(key.get("/whoami")) == (401, "keyRevoked")
    assert failure(alice.get("/whoami")) == (451, "consentLacking")


@pytest.mark.parametrize("change", [{"role": "user"}, {"status": -2}, {"consent": 0}])
def test_an_administrator_cannot_lock_themselves_out(admin: Person, change: dict[str, Any]) -> None:
    assert failure(admin.patch(f"/admin/user/{admin.id}", change)) == (409, "ownAccount")
    assert admin.patch(f"/admin/user/{admin.id}", {"role": "admin"}).status_code == 200


@both_engines
def test_two_administrators_cannot_overwrite_each_other(admin: Person, alice: Person) -> None:
    tag = admin.get(f"/admin/user/{alice.id}").headers["etag"]
    headers = {"Authorization": admin.authorization, "If-Match": tag}
    first = admin.service.http.patch(f"/admin/user/{alice.id}", json={"role": "tester"}, headers=headers)
    second = admin.service.http.patch(f"/admin/user/{alice.id}", json={"role": "curator"}, headers=headers)
    assert first.status_code == 200
    assert failure(second) == (412, "preconditionFailed")
    assert acts(admin, subject=alice.id)[0]["changes"] == {"role": ["user", "tester"]}


def test_an_unknown_account_is_not_found_and_leaves_no_act(admin: Person) -> None:
    newest = acts(admin, limit=1)
    for reply in (
        admin.get(f"/admin/user/{uuid4()}"),
        admin.patch("/admin/user/999999999", {"role": "user"}),
        admin.get("/admin/impersonate/nobody at all"),
    ):
        assert failure(reply) == (404, "notFound")
    assert acts(admin, limit=1) == newest


def impersonated(admin: Person, person: Person) -> Person:
    """An administrator who acts as somebody."""
    reply = admin.get(f"/admin/impersonate/{person.id}")
    assert reply.status_code == 200, reply.text
    assert reply.headers["cache-control"] == "no-store"
    assert reply.json()["account"]["id"] == person.id
    return Person(admin.service, person.id, person.email, reply.json()["token"])


def test_who_acts_as_another_may_do_what_they_may_and_no_more(admin: Person, alice: Person) -> None:
    as_alice = impersonated(admin, alice)
    assert as_alice.get("/whoami").json()["account"]["id"] == alice.id
    assert failure(as_alice.get("/admin/acts")) == (403, "insufficientAccessLevel")
    assert acts(admin, subject=alice.id)[-1]["act"] == "impersonate"


def test_each_request_made_while_impersonating_is_recorded_with_both_accounts(admin: Person, alice: Person) -> None:
    as_alice = impersonated(admin, alice)
    replies = [
        as_alice.post("/sets", {"name": "a set"}),
        as_alice.get("/sets/no-such-set"),
        as_alice.get("/admin/acts"),
        as_alice.get("/curated-sets"),
    ]
    assert [reply.status_code for reply in replies] == [201, 404, 403, 200]
    recorded = acts(admin, subject=alice.id)[:4]
    assert [act["operation"] for act in reversed(recorded)] == [
        "create_set",
        "read_set",
        "list_acts",
        "list_curated_sets",
    ]
    assert [act["requestId"] for act in reversed(recorded)] == [reply.headers["x-request-id"] for reply in replies]
    assert {(act["act"], act["actorId"]) for act in recorded} == {("impersonatedRequest", admin.id)}
    alice.get("/sets")
    assert len(acts(admin, subject=alice.id)) == 5


def test_an_impersonating_administrator_impersonates_nobody_else(
    service: Service, admin: Person, alice: Person
) -> None:
    as_other = impersonated(admin, service.sign_up("admin"))
    assert failure(as_other.get(f"/admin/impersonate/{alice.id}")) == (403, "insufficientAccessLevel")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/consent", {"consent": 3}),
        ("PATCH", "/account", {"consent": 3}),
        ("PATCH", "/account", {"password": "correct horse battery"}),
        ("PATCH", "/account", {"email": "new@example.org"}),
        ("POST", "/account/mfa", {"mfa": True}),
        ("GET", "/account/export", None),
        ("GET", "/account/restrict", None),
        ("POST", "/account/restrict", None),
        ("DELETE", "/account", None),
        ("POST", "/apikeys", {"name": "x", "level": 0, "expiresIn": 60}),
    ],
)
def test_what_outlasts_impersonation_or_returns_a_secret_is_the_owners_alone(
    admin: Person, alice: Person, method: str, path: str, body: dict[str, Any] | None
) -> None:
    reply = impersonated(admin, alice).request(method, path, json=body)
    assert failure(reply) == (403, "insufficientAccessLevel")
    assert alice.request(method, path, json=body).status_code in (200, 201)


@pytest.mark.parametrize(
    ("there", "back"),
    [({"role": "support"}, {"role": "admin"}), ({"status": -2}, {"status": 1}), ({"consent": 0}, None)],
    ids=str,
)
def test_impersonation_ends_with_the_administrators_own_powers_for_good(
    service: Service, admin: Person, alice: Person, there: dict[str, Any], back: dict[str, Any] | None
) -> None:
    former = service.sign_up("admin")
    as_alice = impersonated(former, alice)
    for change in (there, back):
        if change is None:
            assert former.patch("/consent", {"consent": 1}).status_code == 200
        else:
            update(admin, former.id, **change)
        assert failure(as_alice.get("/whoami")) == (401, "unauthorized")
    assert alice.get("/whoami").status_code == 200


@pytest.mark.parametrize("columns", [{"role": "support"}, {"status": -2}, {"consent": 0}, {"epoch": 1}], ids=str)
def test_impersonation_is_not_accepted_while_the_administrator_has_no_powers(
    service: Service, alice: Person, columns: dict[str, Any]
) -> None:
    former = service.sign_up("admin")
    as_alice = impersonated(former, alice)
    change_account(service, former.id, **columns)
    assert failure(as_alice.get("/whoami")) == (401, "unauthorized")


def test_what_is_done_as_another_administrator_is_recorded_as_ones_own(
    service: Service, admin: Person, alice: Person
) -> None:
    as_other = impersonated(admin, service.sign_up("admin"))
    update(as_other, alice.id, role="tester")
    assert acts(admin, subject=alice.id)[0]["actorId"] == admin.id
    assert failure(as_other.patch(f"/admin/user/{admin.id}", {"role": "user"})) == (409, "ownAccount")


@pytest.mark.parametrize("state", [{"status": -2}, {"status": 0}, {"role": "blocked"}, {"consent": 0}])
def test_nobody_acts_as_an_account_that_may_not_come_in(
    service: Service, admin: Person, alice: Person, state: dict[str, Any]
) -> None:
    change_account(service, alice.id, **state)
    assert failure(admin.get(f"/admin/impersonate/{alice.id}")) == (409, "accountNotActive")
    assert acts(admin, subject=alice.id) == []


def test_impersonation_is_for_people_and_not_for_a_look(admin: Person, alice: Person) -> None:
    path = f"/admin/impersonate/{alice.id}"
    assert failure(admin.new_key(9).get(path)) == (401, "unauthorized")
    assert admin.request("HEAD", path).status_code == 405


def test_every_act_says_who_whom_when_and_in_which_request(admin: Person, alice: Person) -> None:
    reply = admin.patch(f"/admin/user/{alice.id}", {"role": "tester", "status": 1})
    act = acts(admin, subject=alice.id)[0]
    assert act.pop("createdAt").endswith("Z")
    del act["id"]
    assert act == {
        "actorId": admin.id,
        "subjectId": alice.id,
        "act": "updateUser",
        "operation": None,
        "requestId": reply.headers["x-request-id"],
        "changes": {"role": ["user", "tester"]},
    }


@both_engines
def test_acts_are_walked_backwards_while_more_are_added(service: Service, alice: Person) -> None:
    busy = service.sign_up("admin")
    for _ in range(5):
        busy.get(f"/admin/user/{alice.id}")
    whole = acts(busy, actor=busy.id)
    reply = busy.get(f"/admin/acts?actor={busy.id}&limit=2")
    walked = reply.json()["acts"]
    while "next" in reply.links:
        busy.get(f"/admin/user/{alice.id}")
        reply = busy.get(reply.links["next"]["url"])
        walked += reply.json()["acts"]
    assert walked == whole
    assert len(whole) == 5


def test_support_lists_subscribers_and_accounts_that_get_the_newsletter(service: Service, admin: Person) -> None:
    both, account, neither = (service.sign_up(language="uk") for _ in range(3))
    for person in (both, account):
        person.patch("/account", {"newsletter": True})
    subscription = subscribed(service, both.email, "fr")
    reply = service.sign_up("support").get("/admin/subscribers")
    listed = reply.json()["subscribers"]
    assert list(listed) == ["en", "de", "es", "fr", "nl", "uk"]
    about = {one["email"]: one for one in listed["uk"] + listed["fr"]}
    assert neither.email not in about
    assert both.email in [one["email"] for one in listed["fr"]]
    assert [(about[person.email]["source"], about[person.email]["id"]) for person in (both, account)] == [
        ("subscriber", subscription),
        ("account", account_of(account)["uuid"]),
    ]
    assert about[account.email]["ehash"] == accounts.email_hash(account.email)
    assert "content-length" not in reply.headers and "etag" not in reply.headers
    newest = acts(admin, limit=1)[0]
    assert (newest["act"], newest["subjectId"]) == ("listSubscribers", 0)


def test_pages_of_those_who_get_the_newsletter_hold_what_the_whole_list_holds(
    service: Service, admin: Person
) -> None:
    for _ in range(3):
        service.sign_up().patch("/account", {"newsletter": True})
    listed = admin.get("/admin/subscribers").json()["subscribers"]
    whole = sorted(one["ehash"] for group in listed.values() for one in group)
    walked = walk(admin, f"/admin/subscribers?limit={max(2, len(whole) // 3)}", "subscribers")
    assert sorted(walked) == whole
    # A cursor without a limit begins a page, too.
    first = admin.get("/admin/subscribers?limit=1")
    cursor = first.links["next"]["url"].rsplit("cursor=", 1)[1]
    rest = admin.get(f"/admin/subscribers?cursor={cursor}")
    assert rest.json()["subscribers"] != first.json()["subscribers"] and "content-length" in rest.headers


def test_the_list_of_subscribers_is_whole_without_a_limit(service: Service, admin: Person) -> None:
    made = {uuid4() for _ in range(1001)}
    times = {"created_at": clock.now(), "updated_at": clock.now()}
    rows = [
        {"uuid": uuid, "ehash": uuid.hex, "email": f"{uuid}@example.org", "language": "nl", "active": True, **times}
        for uuid in made
    ]
    execute(service, insert(subscribers).values(rows))
    try:
        reply = admin.get("/admin/subscribers")
        assert made <= {UUID(one["id"]) for one in reply.json()["subscribers"]["nl"]}
        assert admin.request("HEAD", "/admin/subscribers").status_code == 200
    finally:
        execute(service, delete(subscribers).where(subscribers.c.uuid.in_(made)))


def subscribed(service: Service, email: str, language: str) -> str:
    """The uuid of a new, confirmed subscription."""
    body = {"email": email, "language": language, "test": True}
    link = service.http.post("/subscriber", json=body).json()["data"]
    assert service.http.put("/subscriber", json={"uuid": link["id"]}).status_code == 200
    return str(link["id"])
