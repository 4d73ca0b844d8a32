"""API keys after they were made: revoked, reported as leaked, rotated; and what their owners hear of it."""

from base64 import b64encode
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from core import clock
from services.auth import api_secrets
from storage.schema.tables import apikeys
from tests.handlers.database import execute
from tests.handlers.reading import failure
from tests.problems import problem
from tests.service import ApiKey, Person, Service, wait_until

REASON = "Ünïcødé: 40 calls a second."
WEEK = 604_800


def change_key(service: Service, key: ApiKey, **columns: Any) -> None:
    execute(service, update(apikeys).where(apikeys.c.key == UUID(key.key)).values(**columns))


def shown(person: Person, key: ApiKey) -> dict[str, Any]:
    """The key as it is."""
    found: dict[str, Any] = person.get(f"/apikeys/{key.key}").json()["apikey"]
    return found


def mails_to(person: Person, holding: str) -> list[str]:
    """Return the plain texts of the mails to this person that contain `holding`."""
    found = []
    for path in person.service.mails():
        mail = path.read_bytes()
        # Other tests leave thousands of mails, and parsing all of them takes seconds.
        if person.email.encode() not in mail:
            continue
        message: Any = message_from_bytes(mail, policy=policy.default)
        text = " ".join(message.get_body(("plain",)).get_content().split())
        if person.email in str(message["To"]) and holding in text:
            found.append(text)
    return found


def mail_text(person: Person, holding: str) -> str:
    """Wait for the one mail that contains `holding`, and return its plain text."""
    wait_until(lambda: mails_to(person, holding), f"a mail with {holding}")
    (text,) = mails_to(person, holding)
    return text


def rotated(person: Person, key: ApiKey, **body: Any) -> ApiKey:
    """The key with its new secret."""
    reply = person.post(f"/apikeys/{key.key}/rotate", body or None)
    assert reply.status_code == 201, reply.text
    return ApiKey(person.service, key.key, reply.json()["apikey"]["secret"])


def test_a_revoked_key_is_refused_on_the_next_request_and_stays_on_the_list(alice: Person) -> None:
    key, other = alice.new_key(name=f"mine {uuid4()}"), alice.new_key()
    before = shown(alice, key)
    assert (before["state"], before["revokedAt"], before["revokedBy"]) == ("active", None, None)
    revoked = alice.post(f"/apikeys/{key.key}/revoke").json()["apikey"]
    error = problem(key.get("/whoami"), 401, "keyRevoked")
    assert (error["reason"], error["revokedAt"]) == ("Its owner ended it.", revoked["revokedAt"])
    assert error["reason"] in error["detail"] and error["revokedAt"] in error["detail"]
    assert (revoked["state"], revoked["revokedBy"], revoked["revokedReason"]) == ("revoked", "owner", None)
    assert shown(alice, key) == revoked
    listed = {one["key"]: one["state"] for one in alice.get("/apikeys").json()["apikeys"]}
    assert listed == {key.key: "revoked", other.key: "active"}
    mail_text(alice, revoked["name"])


def test_a_revoked_key_stays_as_it_is_however_often_it_is_revoked_again(alice: Person, admin: Person) -> None:
    key = alice.new_key()
    first = alice.post(f"/apikeys/{key.key}/revoke", {"reason": REASON})
    again = admin.post(f"/apikeys/{key.key}/revoke", {"reason": "another"})
    assert (again.status_code, again.json()) == (200, first.json())
    assert problem(key.get("/whoami"), 401, "keyRevoked")["reason"] == REASON


def test_the_reason_of_staff_is_shown_to_the_owner_and_to_calls_with_the_key(
    service: Service, alice: Person, admin: Person
) -> None:
    key = alice.new_key(name=f"busy {uuid4()}")
    path = f"/apikeys/{key.key}/revoke"
    for sent in (None, {}, {"reason": ""}):
        assert failure(admin.post(path, sent)) == (400, "reasonMissing")
    assert key.get("/whoami").status_code == 200
    acting = admin.get(f"/admin/impersonate/{alice.id}").json()["token"]
    assert failure(Person(service, alice.id, alice.email, acting).post(path)) == (400, "reasonMissing")
    revoked = admin.post(path, {"reason": REASON}).json()["apikey"]
    assert (revoked["revokedBy"], revoked["revokedReason"]) == ("staff", REASON)
    assert problem(key.get("/whoami"), 401, "keyRevoked")["reason"] == REASON
    assert REASON in mail_text(alice, revoked["name"])
    acts = admin.get(f"/admin/acts?subject={alice.id}").json()["acts"]
    assert [act["act"] for act in acts].count("revokeApiKey") == 1


def test_a_wrong_secret_of_a_revoked_key_is_answered_as_an_unknown_key(service: Service, alice: Person) -> None:
    key = alice.new_key()
    alice.post(f"/apikeys/{key.key}/revoke", {"reason": REASON})
    replies = [
        ApiKey(service, name, api_secrets.new_secret()).get("/whoami").json() for name in (key.key, str(uuid4()))
    ]
    for reply in replies:
        del reply["instance"]
    assert replies[0] == replies[1]
    assert replies[0]["error"] == "unauthorized" and REASON not in str(replies)


def test_the_list_can_be_of_one_state(service: Service, alice: Person) -> None:
    active, expired, revoked = (alice.new_key() for _ in range(3))
    change_key(service, expired, expires_at=clock.now() - timedelta(seconds=1))
    alice.post(f"/apikeys/{revoked.key}/revoke")
    for state, key in {"active": active, "expired": expired, "revoked": revoked}.items():
        listed = alice.get(f"/apikeys?state={state}").json()["apikeys"]
        assert [(one["key"], one["state"]) for one in listed] == [(key.key, state)]
    assert failure(alice.get("/apikeys?state=lost")) == (400, "validationFailed")
    more = [alice.new_key().key for _ in range(3)]
    walked = alice.every("/apikeys?state=active&limit=1", "apikeys")
    assert [one["key"] for one in walked] == [active.key, *more]


def test_a_removed_key_is_gone_except_for_calls_with_its_secret(alice: Person, admin: Person) -> None:
    key = alice.new_key()
    alice.post(f"/apikeys/{key.key}/revoke", {"reason": REASON})
    assert alice.delete(f"/apikeys/{key.key}").status_code == 204
    assert alice.get("/apikeys").json()["apikeys"] == []
    for reader in (alice, admin):
        assert failure(reader.get(f"/apikeys/{key.key}")) == (404, "notFound")
        assert failure(reader.post(f"/apikeys/{key.key}/revoke", {"reason": "x"})) == (404, "notFound")
    assert failure(alice.post(f"/apikeys/{key.key}/rotate")) == (404, "notFound")
    assert problem(key.get("/whoami"), 401, "keyRevoked")["reason"] == REASON


def test_a_key_that_changed_since_it_was_read_is_not_deleted_by_if_match(service: Service, alice: Person) -> None:
    key = alice.new_key()
    tag = alice.get(f"/apikeys/{key.key}").headers["etag"]
    rotated(alice, key)
    headers = {"Authorization": alice.authorization, "If-Match": tag}
    reply = service.http.delete(f"/apikeys/{key.key}", headers=headers)
    assert failure(reply) == (412, "preconditionFailed")


@pytest.mark.parametrize(
    ("change", "by"),
    [({"role": "blocked"}, "role"), ({"status": -2}, "status"), ({"consent": 0}, "consent")],
    ids=str,
)
def test_what_staff_change_of_an_account_ends_its_keys_and_its_owner_hears_of_it(
    alice: Person, admin: Person, change: dict[str, Any], by: str
) -> None:
    made = [alice.new_key(name=f"key {number} {uuid4()}") for number in range(2)]
    names = [shown(alice, key)["name"] for key in made]
    assert admin.patch(f"/admin/user/{alice.id}", change).status_code == 200
    for key in made:
        problem(key.get("/whoami"), 401, "keyRevoked")
        assert admin.get(f"/apikeys/{key.key}").json()["apikey"]["revokedBy"] == by
    assert names[1] in mail_text(alice, names[0])


def test_a_reported_pair_is_revoked_at_once_and_its_owner_hears_of_it(service: Service, alice: Person) -> None:
    key = alice.new_key(name=f"public {uuid4()}")
    reply = service.http.post("/apikeys/leaked", json={"key": key.key, "secret": key.secret})
    assert (reply.status_code, reply.json()) == (202, {"result": "received"})
    problem(key.get("/whoami"), 401, "keyRevoked")
    revoked = shown(alice, key)
    assert (revoked["state"], revoked["revokedBy"]) == ("revoked", "leak")
    mail_text(alice, revoked["name"])


def test_a_report_of_the_secret_before_counts_as_long_as_that_works(service: Service, alice: Person) -> None:
    key = alice.new_key()
    new = rotated(alice, key, grace=0)
    service.http.post("/apikeys/leaked", json={"key": key.key, "secret": key.secret})
    assert new.get("/whoami").status_code == 200
    newest = rotated(alice, key)
    service.http.post("/apikeys/leaked", json={"key": key.key, "secret": new.secret})
    for holder in (new, newest):
        problem(holder.get("/whoami"), 401, "keyRevoked")


def test_a_report_is_answered_alike_whatever_was_right_of_it(service: Service, alice: Person) -> None:
    good, other, expired, revoked = (alice.new_key() for _ in range(4))
    change_key(service, expired, expires_at=clock.now() - timedelta(seconds=1))
    alice.post(f"/apikeys/{revoked.key}/revoke")
    reports = [
        (good.key, good.secret),
        (other.key, api_secrets.new_secret()),
        (other.key, good.secret),
        (str(uuid4()), api_secrets.new_secret()),
        (expired.key, expired.secret),
        (revoked.key, revoked.secret),
        (other.key, other.secret[:-1]),
        (other.key, "é\0"),
        (other.key.upper()[:-1], other.secret),
        ("", ""),
        ("x" * 500, "x" * 500),
    ]
    replies = [service.http.post("/apikeys/leaked", json={"key": key, "secret": secret}) for key, secret in reports]
    moving = ("x-request-id", "date")
    distinct = {
        (reply.status_code, reply.content, str([pair for pair in reply.headers.items() if pair[0] not in moving]))
        for reply in replies
    }
    assert len(distinct) == 1
    assert (replies[0].status_code, replies[0].content) == (202, b'{"result":"received"}')
    states = {one["key"]: one["state"] for one in alice.get("/apikeys").json()["apikeys"]}
    assert states == {good.key: "revoked", other.key: "active", expired.key: "expired", revoked.key: "revoked"}
    assert shown(alice, revoked)["revokedBy"] == "owner"


def test_no_key_is_named_leaked(alice: Person, service: Service) -> None:
    basic = b64encode(b"leaked:x").decode()
    assert service.http.post("/apikeys/leaked", headers={"Authorization": f"Basic {basic}"}).status_code == 400
    assert failure(alice.get("/apikeys/leaked")) == (405, "methodNotAllowed")
