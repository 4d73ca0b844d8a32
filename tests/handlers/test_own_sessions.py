"""Sessions over HTTP: what their owner sees of them, what ends them, and the mail about it."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import jwt
import pytest

from storage import accounts
from tests.handlers.accounts import asked_for_change, patched, sign_in
from tests.handlers.mfa_account import MfaAccount
from tests.handlers.reading import all_mails_to, failure, new_test_address
from tests.handlers.signing_in import with_password
from tests.handlers.test_events import events_of
from tests.handlers.test_impersonation import impersonated
from tests.service import PASSWORD, Credentials, Person, Service, wait_until

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
NEW_PASSWORD = "another horse, another battery"


def another_session(person: Person, password: str = PASSWORD) -> Person:
    """The person, signed in once more."""
    reply = sign_in(person.service, person.id, password)
    assert reply.status_code == 200, reply.text
    return Person(person.service, person.id, person.email, reply.json()["token"])


def sessions_of(person: Credentials) -> list[dict[str, Any]]:
    """The sessions of an account."""
    reply = person.get("/account/sessions")
    assert reply.status_code == 200, reply.text
    listed: list[dict[str, Any]] = reply.json()["sessions"]
    return listed


def has_ended(person: Credentials) -> bool:
    """Whether the credentials are rejected."""
    reply = person.get("/whoami")
    assert reply.status_code in (200, 401)
    return reply.status_code == 401


def test_a_session_says_when_and_from_where_and_whether_it_is_this_one(service: Service, alice: Person) -> None:
    patched(alice, {"password": PASSWORD})
    body = {"username": alice.id, "password": PASSWORD}
    token = service.http.post("/signin", json=body, headers={"User-Agent": FIREFOX}).json()["token"]
    second = Credentials(service, f"Bearer {token}")
    newest, first = sessions_of(second)
    assert (newest["current"], first["current"]) == (True, False)
    assert [each["current"] for each in sessions_of(alice)] == [False, True]
    assert newest["id"] == jwt.decode(token, options={"verify_signature": False})["sid"]
    assert (newest["network"], newest["userAgent"], newest["by"]) == ("127.0.0.0/24", "Firefox 144, Linux", "owner")
    lasting = datetime.fromisoformat(newest["expiresAt"]) - datetime.fromisoformat(newest["createdAt"])
    assert lasting.days == 7
    assert [each["current"] for each in sessions_of(alice.new_key(2))] == [False, False]


def test_the_last_use_of_a_session_is_shown(alice: Person) -> None:
    [before] = sessions_of(alice)
    assert before["lastUsedAt"] >= before["createdAt"]
    wait_until(lambda: sessions_of(alice)[0]["lastUsedAt"] > before["lastUsedAt"], "the use to be written")


def test_a_single_session_can_be_ended_also_the_present_one(service: Service) -> None:
    alice = with_password(service)
    other = another_session(alice)
    path = f"/account/sessions/{sessions_of(other)[0]['id']}"
    assert alice.delete(path).status_code == 204
    assert [has_ended(each) for each in (alice, other)] == [False, True]
    assert failure(alice.delete(path)) == (404, "notFound")
    assert events_of(alice)[0]["event"] == "sessionEnded"
    assert alice.delete(f"/account/sessions/{sessions_of(alice)[0]['id']}").status_code == 204
    assert has_ended(alice)


def test_a_session_of_another_account_is_not_found(alice: Person, bob: Person) -> None:
    for session in (sessions_of(bob)[0]["id"], str(uuid4()), "1"):
        assert failure(alice.delete(f"/account/sessions/{session}")) == (404, "notFound")
    assert not has_ended(bob)


@pytest.mark.parametrize(("query", "own_ends"), [("", False), ("?all=false", False), ("?all=true", True)])
def test_all_other_sessions_can_be_ended_or_all(service: Service, query: str, own_ends: bool) -> None:
    alice = with_password(service)
    other, key = another_session(alice), alice.new_key()
    assert alice.delete(f"/account/sessions{query}").status_code == 204
    assert [has_ended(each) for each in (alice, other, key)] == [own_ends, True, False]
    assert events_of(another_session(alice), "sessionsEnded")


def test_an_api_key_ends_all_sessions(service: Service) -> None:
    alice = with_password(service)
    key = alice.new_key()
    assert key.delete("/account/sessions").status_code == 204
    assert [has_ended(each) for each in (alice, key)] == [True, False]


def old_token(person: Person, signing_key: bytes) -> Credentials:
    """The token of the person as releases before 0.2.0 issued it."""
    claims = jwt.decode(person.token, options={"verify_signature": False})
    del claims["sid"]
    return Credentials(person.service, "Bearer " + jwt.encode(claims, signing_key, algorithm="HS256"))


def test_a_token_issued_before_there_were_sessions_is_accepted_until_sessions_are_ended(
    alice: Person, admin: Person, signing_key: bytes
) -> None:
    old = old_token(alice, signing_key)
    assert old.get("/account").json()["account"]["id"] == alice.id
    assert [each["current"] for each in sessions_of(old)] == [False]
    assert not has_ended(old)
    assert alice.delete("/account/sessions").status_code == 204
    assert [has_ended(each) for each in (alice, old)] == [False, True]
    reply = old_token(admin, signing_key).get(f"/admin/impersonate/{alice.id}")
    assert failure(reply) == (401, "unauthorized")


def test_a_new_password_ends_all_other_sessions_and_the_owner_is_mailed(service: Service) -> None:
    alice = with_password(service)
    other, key = another_session(alice), alice.new_key()
    export = alice.get("/account/export").json()["export"]["url"]
    patched(alice, {"password": NEW_PASSWORD})
    assert [has_ended(each) for each in (alice, other, key)] == [False, True, False]
    assert failure(service.http.get(export)) == (404, "notFound")
    assert events_of(alice)[0]["event"] == "passwordChanged"
    text = mailed(service, alice.email, "password")
    assert "127.0.0.0/24" in text and " UTC" in text
    assert not has_ended(another_session(alice, NEW_PASSWORD))
    for secret in (NEW_PASSWORD, PASSWORD, alice.token):
        assert secret not in text


def mailed(service: Service, address: str, subject: str, *, number: int = 1) -> str:
    """The text of the newest mail to the address about this, once there are so many."""

    def about() -> list[Any]:
        return [mail for mail in all_mails_to(service, address) if subject in mail["Subject"]]

    wait_until(lambda: len(about()) >= number, "the mail")
    part = about()[-1].get_body(("plain",))
    return str(part.get_content())


def test_a_new_address_ends_all_other_sessions_and_the_former_address_is_mailed(service: Service) -> None:
    alice = with_password(service)
    other, new = another_session(alice), new_test_address()
    patched(alice, asked_for_change(alice, new))
    assert [has_ended(each) for each in (alice, other)] == [False, True]
    text = mailed(service, alice.email, "e-mail address")
    assert "127.0.0.0/24" in text and new not in text


def test_a_new_password_by_api_key_ends_all_sessions(service: Service) -> None:
    alice = with_password(service)
    key = alice.new_key()
    patched(key, {"password": NEW_PASSWORD})
    assert [has_ended(each) for each in (alice, key)] == [True, False]


def test_what_changes_no_credential_ends_no_session(service: Service) -> None:
    alice = with_password(service)
    other = another_session(alice)
    patched(alice, {"bio": "x"})
    assert alice.patch("/account", {"password": NEW_PASSWORD, "data": {"x" * 101: 1}}).status_code == 400
    assert not has_ended(other)


def test_the_second_factor_turned_on_and_off_ends_all_other_sessions(service: Service) -> None:
    alice = with_password(service)
    other = another_session(alice)
    mfa_account = MfaAccount(alice)
    assert [has_ended(each) for each in (alice, other)] == [False, True]
    assert "turned on" in mailed(service, alice.email, "turned on")
    reply = mfa_account.sign_in(token=mfa_account.code())
    other = Person(service, alice.id, alice.email, reply.json()["token"])
    assert mfa_account.disable(PASSWORD, mfa_account.code()).status_code == 200
    assert [has_ended(each) for each in (alice, other)] == [False, True]
    assert "turned off" in mailed(service, alice.email, "turned off")


def test_a_link_from_before_the_second_factor_changed_opens_nothing(mfa_account: MfaAccount, admin: Person) -> None:
    alice = mfa_account.person
    links = [new_link(alice)]
    assert admin.patch(f"/admin/user/{alice.id}", {"mfaEnabled": False}).status_code == 200
    renewed = Person(alice.service, alice.id, alice.email, sign_in(alice.service, alice.id).json()["token"])
    links.append(new_link(alice))
    MfaAccount(renewed)
    for link in links:
        assert failure(alice.service.http.post(f"/signinlink/{link}", json={})) == (404, "notFound")


def new_link(person: Person) -> str:
    """Id and check of a sign-in link, as test mode returns it."""
    made = person.service.http.post("/signup", json={"email": person.email, "language": "en", "test": True}).json()
    return f"{made['confirmation']}/{made['check']}"


def test_mfa_turned_off_by_an_administrator_ends_all_sessions(mfa_account: MfaAccount, admin: Person) -> None:
    alice = mfa_account.person
    assert admin.patch(f"/admin/user/{alice.id}", {"mfaEnabled": False}).status_code == 200
    assert has_ended(alice)
    text = mailed(alice.service, alice.email, "administrator")
    assert "127.0.0.0" not in text


def test_consent_goes_on_with_the_same_session(alice: Person) -> None:
    reply = alice.patch("/consent", {"consent": 1})
    assert reply.status_code == 200
    renewed = Credentials(alice.service, f"Bearer {reply.json()['token']}")
    assert [each["current"] for each in sessions_of(renewed)] == [True]
    assert not has_ended(alice)


@pytest.mark.parametrize(
    ("there", "back"),
    [({"status": accounts.DISABLED}, {"status": accounts.ACTIVE}), ({"status": -1}, {"status": accounts.ACTIVE})],
    ids=str,
)
def test_no_session_is_accepted_again_after_an_account_was_closed(
    alice: Person, admin: Person, there: dict[str, Any], back: dict[str, Any]
) -> None:
    for change in (there, back):
        assert admin.patch(f"/admin/user/{alice.id}", change).status_code == 200
        assert has_ended(alice)


def test_staff_end_the_session_in_which_they_act_as_an_account(admin: Person, alice: Person) -> None:
    acting = impersonated(admin, alice)
    [own] = [one for one in sessions_of(acting) if one["current"]]
    assert acting.delete(f"/account/sessions/{own['id']}").status_code == 204
    assert has_ended(acting) and not has_ended(alice) and not has_ended(admin)
    event = alice.get("/account/events?limit=1").json()["events"][0]
    assert (event["event"], event["by"]) == ("sessionEnded", "staff")


def test_a_session_of_staff_is_shown_without_their_network_and_can_be_ended(admin: Person, alice: Person) -> None:
    acting = impersonated(admin, alice)
    newest, own = sessions_of(alice)
    assert (newest["by"], newest["network"], newest["userAgent"]) == ("staff", None, None)
    assert own["by"] == "owner"
    for path in ("/account/sessions", f"/account/sessions/{own['id']}"):
        assert failure(acting.delete(path)) == (403, "insufficientAccessLevel")
    assert alice.delete(f"/account/sessions/{newest['id']}").status_code == 204
    assert has_ended(acting)
