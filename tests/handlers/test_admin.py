"""Administration over HTTP: the search for accounts, changes of them, and their entries in the audit log."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert

from core import clock
from storage import accounts
from storage.schema.tables import subscribers
from tests.handlers.accounts import account_of, new_name, patched, sign_in
from tests.handlers.database import execute, password_hash
from tests.handlers.mfa_account import MfaAccount
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


def test_staff_never_see_a_secret(service: Service, mfa_account: MfaAccount, admin: Person) -> None:
    person = mfa_account.person
    found = admin.post("/admin/search/users", {"q": person.email})
    loaded = admin.get(f"/admin/user/{person.id}")
    for reply in (found, loaded):
        assert mfa_account.totp.secret not in reply.text
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


def test_an_administrator_can_turn_mfa_off_but_not_on(admin: Person, mfa_account: MfaAccount) -> None:
    person = mfa_account.person
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


def test_every_audit_entry_names_actor_account_time_and_request(admin: Person, alice: Person) -> None:
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


def test_pages_of_newsletter_accounts_add_up_to_the_whole_list(service: Service, admin: Person) -> None:
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
